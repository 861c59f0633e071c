// Package lines makes what programs of the shop say one JSON object a line, with the names of the Elastic Common Schema.
package lines

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"strings"

	"sitewright.invalid/shop/trace"
)

// Set makes every line that is logged from now on such a line.
func Set(into io.Writer, service, version string) {
	handler := slog.NewJSONHandler(into, &slog.HandlerOptions{ReplaceAttr: name})
	slog.SetDefault(slog.New(traced{handler}).With("service.name", service, "service.version", version))
}

// Flags reads what a program was started with. What cannot be read is said as a line, not as text.
func Flags() {
	flag.CommandLine.Init(os.Args[0], flag.ContinueOnError)
	flag.CommandLine.SetOutput(io.Discard)
	if err := flag.CommandLine.Parse(os.Args[1:]); err != nil {
		slog.Error("not started", "error.message", err.Error())
		os.Exit(2)
	}
}

func name(groups []string, attribute slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return attribute
	}
	switch attribute.Key {
	case slog.TimeKey:
		return slog.Time("@timestamp", attribute.Value.Time().UTC())
	case slog.LevelKey:
		return slog.String("log.level", strings.ToLower(attribute.Value.String()))
	case slog.MessageKey:
		return slog.String("message", attribute.Value.String())
	}
	return attribute
}

// traced adds the trace that a line belongs to.
type traced struct{ slog.Handler }

func (t traced) Handle(ctx context.Context, record slog.Record) error {
	if in := trace.From(ctx); in.Trace != "" {
		record = record.Clone()
		record.AddAttrs(slog.String("trace.id", in.Trace), slog.String("span.id", in.Span))
	}
	return t.Handler.Handle(ctx, record)
}

func (t traced) WithAttrs(attributes []slog.Attr) slog.Handler {
	return traced{t.Handler.WithAttrs(attributes)}
}

func (t traced) WithGroup(group string) slog.Handler { return traced{t.Handler.WithGroup(group)} }
