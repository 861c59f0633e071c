package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

const (
	waiting    = 2048             // spans that wait to be sent; what comes beyond is dropped, and counted
	together   = 200              // spans sent at a time
	gathering  = time.Second      // for which a batch is gathered
	firstPause = time.Second      // after a batch that was not taken; doubled each time
	longest    = 30 * time.Second // of these pauses
	telling    = time.Minute      // between two lines in the log about what was dropped
	parting    = 3 * time.Second  // for what waits still when the program ends
)

// Settings say who tells, and whom.
type Settings struct {
	Service string
	URL     string            // takes spans of Zipkin's version 2 as JSON; empty: nothing is told
	Secret  string            // folder with username and password
	CA      string            // file with the authority that the URL's certificate is of; empty: those of the system
	Tags    map[string]string // on every span
}

// FromEnvironment reads the settings: SPANS_URL, SPANS_SECRET, SPANS_CA, and of the cluster and the pod their names.
func FromEnvironment(service string) Settings {
	told := map[string]string{}
	for name, variable := range map[string]string{"orchestrator.cluster.name": "CLUSTER", "kubernetes.pod.name": "HOSTNAME"} {
		if value := os.Getenv(variable); value != "" {
			told[name] = value
		}
	}
	return Settings{
		Service: service, URL: os.Getenv("SPANS_URL"), Secret: os.Getenv("SPANS_SECRET"), CA: os.Getenv("SPANS_CA"), Tags: told,
	}
}

// Recorder gathers spans and sends them, without ever holding up who brings them. Its nil value takes none.
type Recorder struct {
	settings Settings
	client   *Client
	spans    chan Span
	dropped  atomic.Int64
	told     int64 // of those dropped, how many the log has
	last     time.Time
}

// NewRecorder gives a recorder for the settings: nil where there is no URL.
func NewRecorder(settings Settings) *Recorder {
	if settings.URL == "" {
		return nil
	}
	return &Recorder{
		settings: settings, client: &Client{Secret: settings.Secret, CA: settings.CA}, spans: make(chan Span, waiting),
	}
}

// keep hands a span to the sender, or drops it where too many wait.
func (r *Recorder) keep(span Span) {
	select {
	case r.spans <- span:
	default:
		r.dropped.Add(1)
	}
}

// Start sends what comes from now on, also when ctx is over, until it is ended; ending it waits as long as Run does.
func (r *Recorder) Start(ctx context.Context) (end func()) {
	told := make(chan struct{})
	recording, enough := context.WithCancel(context.WithoutCancel(ctx))
	go func() { defer close(told); r.Run(recording) }()
	return func() { enough(); <-told }
}

// Run sends what comes, until it is told to stop; then what waits still, as far as three seconds go.
func (r *Recorder) Run(ctx context.Context) {
	if r == nil {
		return
	}
	for ctx.Err() == nil {
		if batch := r.gather(ctx); len(batch) > 0 {
			r.deliver(ctx, batch)
		}
		r.tell(time.Now())
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
	defer cancel()
	for batch := r.rest(); len(batch) > 0; batch = r.rest() {
		if err := r.send(ending, batch); err != nil {
			r.dropped.Add(int64(len(batch)))
		}
	}
	r.tell(r.last.Add(telling))
}

// gather waits for a span, and then a second for those that follow.
func (r *Recorder) gather(ctx context.Context) []Span {
	var batch []Span
	until := time.NewTimer(telling)
	defer until.Stop()
	for len(batch) < together {
		select {
		case span := <-r.spans:
			if batch = append(batch, span); len(batch) == 1 {
				until.Reset(gathering)
			}
		case <-until.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

// rest gives what waits, without waiting for more.
func (r *Recorder) rest() []Span {
	var batch []Span
	for len(batch) < together {
		select {
		case span := <-r.spans:
			batch = append(batch, span)
		default:
			return batch
		}
	}
	return batch
}

// deliver sends a batch until it is taken, or is refused for what it is.
func (r *Recorder) deliver(ctx context.Context, batch []Span) {
	for pause := firstPause; ; pause = min(2*pause, longest) {
		err := r.send(context.WithoutCancel(ctx), batch)
		if err == nil {
			return
		}
		if pause == firstPause {
			slog.Warn("spans not delivered", "error.message", err.Error())
		}
		if refused(err) {
			r.dropped.Add(int64(len(batch)))
			return
		}
		r.tell(time.Now())
		select {
		case <-ctx.Done():
			r.dropped.Add(int64(len(batch)))
			return
		case <-time.After(pause):
		}
	}
}

func (r *Recorder) send(ctx context.Context, batch []Span) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	_, err = r.client.Do(ctx, "POST", r.settings.URL, bytes.NewReader(body))
	return err
}

// tell counts what was dropped, in one line of the log a minute at most.
func (r *Recorder) tell(now time.Time) {
	dropped := r.dropped.Load()
	if dropped == r.told || now.Sub(r.last) < telling {
		return
	}
	slog.Warn(fmt.Sprintf("%d spans dropped since the start, for too many waited or they were not taken", dropped),
		"labels.spans_dropped", dropped)
	r.told, r.last = dropped, now
}

// Password is what a folder of a Kubernetes Secret says: username and password.
func Password(folder string) (string, string, error) {
	name, err := os.ReadFile(folder + "/username")
	if err != nil {
		return "", "", err
	}
	password, err := os.ReadFile(folder + "/password")
	if err != nil {
		return "", "", err
	}
	return strings.TrimSpace(string(name)), strings.TrimSpace(string(password)), nil
}
