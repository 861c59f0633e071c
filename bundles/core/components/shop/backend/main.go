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
	"strings"
	"syscall"
	"time"
)

// version is set by the build.
var version = "development"

func main() {
	listen := flag.String("listen", ":8080", "address to serve on")
	data := flag.String("data", "/data", "folder that keeps the orders")
	peers := flag.String("peers", "", "addresses of the other back ends, divided by commas")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *listen, *data, newPeers(strings.FieldsFunc(*peers, isComma))); err != nil {
		slog.Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

func isComma(r rune) bool { return r == ',' }

// serve answers until it is told to stop, then finishes the requests that are under way.
func serve(ctx context.Context, listen, data string, peers *Peers) error {
	book, err := openBook(filepath.Join(data, "orders.jsonl"))
	if err != nil {
		return err
	}
	defer book.Close()
	server := &http.Server{
		Addr:              listen,
		Handler:           logged(routes(book, peers)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
	}
	go peers.Follow(ctx, book)
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
