// Command loopback-figures passes on, to those who show the right certificate, what programs of its host tell about themselves
// on loopback only: /NAME is the figures of the program of that name.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", ":9100", "address to serve on")
	certificates := flag.String("certificates", "/etc/tls", "folder with tls.crt, tls.key and ca.crt")
	client := flag.String("client", "", "name in the certificate of whoever may ask")
	token := flag.String("token", "/var/run/secrets/kubernetes.io/serviceaccount/token", "file with the token shown to https programs")
	flag.Usage = func() {
		os.Stderr.WriteString("usage: loopback-figures [flags] NAME=URL ...\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	programs := map[string]string{}
	for _, each := range flag.Args() {
		name, url, _ := strings.Cut(each, "=")
		programs[name] = url
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	keys := &keys{folder: *certificates, client: *client}
	if err := serve(ctx, *listen, keys, programs, *token); err != nil {
		slog.Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

// serve answers until it is told to stop.
func serve(ctx context.Context, listen string, keys *keys, programs map[string]string, token string) error {
	handler, err := routes(programs, token)
	if err != nil {
		return err
	}
	if _, err := keys.settings(nil); err != nil {
		return err
	}
	server := &http.Server{
		Addr:              listen,
		Handler:           handler,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: keys.settings},
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	// The names are those of the first settings; GetConfigForClient gives those of each connection.
	go func() {
		ended <- server.ListenAndServeTLS(filepath.Join(keys.folder, "tls.crt"), filepath.Join(keys.folder, "tls.key"))
	}()
	slog.Info("serving", "address", listen, "programs", len(programs))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	finishing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(finishing); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
