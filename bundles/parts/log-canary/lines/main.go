// Command log-lines prints the numbered lines of canaries, and keeps account of a site's lines: `canary`, `audit` and
// `report` stay; `heard` and `told`, run in their pods, prove that they do their work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// called are the names that every line's own fields have in the site's logs: those of the Elastic Common Schema.
var called = map[string]string{slog.TimeKey: "@timestamp", slog.LevelKey: "log.level", slog.MessageKey: "message"}

var commands = map[string]func(context.Context, []string) error{
	"canary": canary, "audit": audit, "report": report, "heard": heard, "told": told,
}

func main() {
	slog.SetDefault(slog.New(logging(os.Stdout)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return
	}
	// What stays writes to the site's logs; what is run by hand, to whoever ran it.
	if len(os.Args) > 1 && (os.Args[1] == "heard" || os.Args[1] == "told") {
		fmt.Fprintln(os.Stderr, "log-lines: "+err.Error())
	} else {
		slog.Error("stopped", "error.message", err.Error())
	}
	os.Exit(1)
}

func run(ctx context.Context, argv []string) error {
	if len(argv) == 0 || commands[argv[0]] == nil {
		return errors.New("usage: log-lines canary | audit | report | heard | told [flags]")
	}
	return commands[argv[0]](ctx, argv[1:])
}

func logging(to io.Writer) slog.Handler {
	return slog.NewJSONHandler(to, &slog.HandlerOptions{ReplaceAttr: func(_ []string, field slog.Attr) slog.Attr {
		if name, ok := called[field.Key]; ok {
			field.Key = name
		}
		return field
	}})
}
