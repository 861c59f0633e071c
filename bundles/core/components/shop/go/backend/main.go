// Command shop-backend keeps a small shop's orders in a file and answers for them over HTTP.
package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sitewright.invalid/shop/lines"
	"sitewright.invalid/shop/serving"
	"sitewright.invalid/shop/trace"
)

const service = "shop-backend"

// version is set by the build.
var version = "development"

func main() {
	listen := flag.String("listen", ":8080", "address to serve on")
	data := flag.String("data", "/data", "folder that keeps the orders")
	peers := flag.String("peers", "", "addresses of the other back ends, divided by commas")
	lines.Set(os.Stdout, service, version)
	lines.Flags()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	spans := trace.NewRecorder(trace.FromEnvironment(service))
	if err := serve(ctx, *listen, *data, newPeers(strings.FieldsFunc(*peers, isComma), spans), spans); err != nil {
		slog.Error("stopped", "error.message", err.Error())
		os.Exit(1)
	}
}

func isComma(r rune) bool { return r == ',' }

// serve answers until it is told to stop, then finishes the requests that are under way.
func serve(ctx context.Context, listen, data string, peers *Peers, spans *trace.Recorder) error {
	book, err := openBook(filepath.Join(data, "orders.jsonl"))
	if err != nil {
		return err
	}
	defer book.Close()
	server := &http.Server{
		Addr:              listen,
		Handler:           spans.Served(logged(routes(book, peers)), "/healthz", "/readyz", "/peer/orders"),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	defer spans.Start(ctx)()
	go peers.Follow(ctx, book)
	slog.Info("serving", "server.address", listen, "labels.orders", book.Count())
	if err := serving.Until(ctx, server, server.ListenAndServe); err != nil {
		return err
	}
	slog.Info("stopped", "labels.orders", book.Count())
	return nil
}
