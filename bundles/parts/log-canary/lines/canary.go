package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// probe is how a canary's lines are told from others.
const probe = "seq"

// sung is one line of a canary: the n-th of a series, which begins with 1 whenever the canary starts.
type sung struct {
	Timestamp string `json:"@timestamp"`
	Level     string `json:"log.level"`
	Message   string `json:"message"`
	Canary    mark   `json:"canary"`
}

// mark is what tells a canary's line from every other, in an object of its own: no program's fields are in its way.
type mark struct {
	Probe  string `json:"probe"`
	Node   string `json:"node"`
	Series string `json:"series"`
	N      int64  `json:"n"`
}

// canary prints a line each second, or as often as it is told, until it is told to stop.
func canary(ctx context.Context, argv []string) error {
	flags := flag.NewFlagSet("canary", flag.ContinueOnError)
	node := flags.String("node", os.Getenv("NODE"), "name of the node that it stands on")
	every := flags.Duration("every", time.Second, "time between two lines")
	listen := flags.String("listen", ":8080", "address at which it says whether it prints")
	if err := flags.Parse(argv); err != nil {
		return err
	}
	if *node == "" || *every <= 0 {
		return errors.New("-node must be set, and -every be more than 0")
	}
	out := &heartbeat{to: os.Stdout}
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		stop(http.ListenAndServe(*listen, http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) {
			if age := out.age(time.Now()); age > 10*(*every)+5*time.Second {
				http.Error(to, fmt.Sprintf("no line was printed for %s", age.Round(time.Second)), http.StatusServiceUnavailable)
			}
		})))
	}()
	if err := sing(ctx, out, *node, *every, time.Now); !errors.Is(err, context.Canceled) {
		return err
	}
	return context.Cause(ctx)
}

// heartbeat passes on what is written, and knows when that last succeeded.
type heartbeat struct {
	to   io.Writer
	last atomic.Int64
}

func (h *heartbeat) Write(line []byte) (int, error) {
	n, err := h.to.Write(line)
	if err == nil {
		h.last.Store(time.Now().UnixNano())
	}
	return n, err
}

func (h *heartbeat) age(now time.Time) time.Duration { return now.Sub(time.Unix(0, h.last.Load())) }

// sing writes the lines of one series. Its name is the time at which it began: so a reader knows since when lines of it
// are to be expected.
func sing(ctx context.Context, to io.Writer, node string, every time.Duration, now func() time.Time) error {
	clock := time.NewTicker(every)
	defer clock.Stop()
	series := now().UTC().Format(time.RFC3339Nano)
	out := json.NewEncoder(to)
	for n := int64(1); ; n++ {
		line := sung{now().UTC().Format(time.RFC3339Nano), "info", fmt.Sprintf("line %d of node %s", n, node),
			mark{probe, node, series, n}}
		if err := out.Encode(line); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-clock.C:
		}
	}
}
