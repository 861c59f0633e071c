// Command shop-frontend serves the shop's page over TLS and passes /api/ on to the back end.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", ":8443", "address to serve on")
	certificates := flag.String("certificates", "/tls", "folder with tls.crt and tls.key")
	backend := flag.String("backend", "http://shop-backend:8080", "where /api/ is answered")
	title := flag.String("title", "Shop", "shown on the page")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen, *certificates, *backend, *title); err != nil {
		slog.Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

// serve answers until it is told to stop, then finishes the requests that are under way.
func serve(ctx context.Context, listen, certificates, backend, title string) error {
	target, err := url.Parse(backend)
	if err != nil || target.Host == "" {
		return fmt.Errorf("not a URL: %q", backend)
	}
	keys := &keys{certificate: filepath.Join(certificates, "tls.crt"), key: filepath.Join(certificates, "tls.key")}
	if _, err := keys.current(nil); err != nil {
		return err
	}
	handler, err := routes(target, title)
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              listen,
		Handler:           handler,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: keys.current},
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServeTLS("", "") }()
	slog.Info("serving", "address", listen, "backend", backend)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	finishing, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(finishing); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	slog.Info("stopped")
	return nil
}
