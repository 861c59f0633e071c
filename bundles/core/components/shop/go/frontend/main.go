// Command shop-frontend serves the shop's page over TLS and passes /api/ on to the back end.
package main

import (
	"context"
	"crypto/tls"
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

	"sitewright.invalid/shop/lines"
	"sitewright.invalid/shop/serving"
	"sitewright.invalid/shop/trace"
)

const service = "shop-frontend"

// version is set by the build.
var version = "development"

func main() {
	listen := flag.String("listen", ":8443", "address to serve on")
	certificates := flag.String("certificates", "/tls", "folder with tls.crt and tls.key")
	backend := flag.String("backend", "http://shop-backend:8080", "where /api/ is answered")
	title := flag.String("title", "Shop", "shown on the page")
	store := flag.String("prove-traces", "", "before which a trace's number gives that trace, or none: prove that it holds a request, and end")
	lines.Set(os.Stdout, service, version)
	lines.Flags()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	settings := trace.FromEnvironment(service)
	if *store != "" {
		os.Exit(prove(ctx, os.Stdout, *store, os.Getenv("SHOP_URL"), settings))
	}
	if err := serve(ctx, *listen, *certificates, *backend, *title, trace.NewRecorder(settings)); err != nil {
		slog.Error("stopped", "error.message", err.Error())
		os.Exit(1)
	}
}

// serve answers until it is told to stop, then finishes the requests that are under way.
func serve(ctx context.Context, listen, certificates, backend, title string, spans *trace.Recorder) error {
	target, err := url.Parse(backend)
	if err != nil || target.Host == "" {
		return fmt.Errorf("not a URL: %q", backend)
	}
	keys := &keys{certificate: filepath.Join(certificates, "tls.crt"), key: filepath.Join(certificates, "tls.key")}
	if _, err := keys.current(nil); err != nil {
		return err
	}
	handler, err := routes(target, title, spans)
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
	defer spans.Start(ctx)()
	slog.Info("serving", "server.address", listen, "labels.backend", backend)
	if err := serving.Until(ctx, server, func() error { return server.ListenAndServeTLS("", "") }); err != nil {
		return err
	}
	slog.Info("stopped")
	return nil
}
