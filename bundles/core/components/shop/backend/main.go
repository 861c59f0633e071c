// Command shop-backend keeps a small shop's orders in a file and answers for them over HTTP.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// version is set by the build.
var version = "development"

func main() {
	listen := flag.String("listen", ":8080", "address to serve on")
	data := flag.String("data", "/data", "folder that keeps the orders")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen, *data); err != nil {
		slog.Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

// serve answers until it is told to stop, then finishes the requests that are under way.
func serve(ctx context.Context, listen, data string) error {
	book, err := openBook(filepath.Join(data, "orders.jsonl"))
	if err != nil {
		return err
	}
	defer book.Close()
	server := &http.Server{
		Addr:              listen,
		Handler:           logged(routes(book)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	slog.Info("serving", "address", listen, "version", version, "orders", book.Count())
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
	slog.Info("stopped", "orders", book.Count())
	return nil
}
