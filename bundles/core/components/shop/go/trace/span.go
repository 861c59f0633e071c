package trace

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sitewright.invalid/shop/serving"
)

// Span is one piece of work in a trace, as Zipkin's interface takes it; times are in microseconds.
type Span struct {
	Trace     string            `json:"traceId"`
	ID        string            `json:"id"`
	Parent    string            `json:"parentId,omitempty"`
	Kind      string            `json:"kind"` // SERVER: a request answered; CLIENT: a request made
	Name      string            `json:"name"`
	Timestamp int64             `json:"timestamp"`
	Duration  int64             `json:"duration"`
	Local     Endpoint          `json:"localEndpoint"`
	Remote    *Endpoint         `json:"remoteEndpoint,omitempty"`
	Tags      map[string]string `json:"tags"`
}

// Endpoint is a program that takes part.
type Endpoint struct {
	Service string `json:"serviceName"`
}

// Served makes a span of each request that a handler answers, below that of its caller. A request of nobody's begins a
// trace, unless it is for one of the quiet paths: probes, and what programs ask each other all the time.
func (r *Recorder) Served(next http.Handler, quiet ...string) http.Handler {
	silent := map[string]bool{}
	for _, path := range quiet {
		silent[path] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		caller, called := read(request.Header)
		if !called && silent[request.URL.Path] {
			next.ServeHTTP(w, request)
			return
		}
		own := New()
		if called {
			own = caller.child()
		}
		begun := time.Now()
		seen := serving.Remembering(w)
		request = request.WithContext(With(request.Context(), own))
		defer func() {
			// The pattern that answered, not the path: a name is the same for all requests of its kind.
			name := request.Pattern
			if !strings.HasPrefix(name, request.Method) {
				name = strings.TrimSpace(request.Method + " " + name)
			}
			r.record(own, caller.Span, "SERVER", name, begun, "", tags(request, seen.Code, nil))
		}()
		next.ServeHTTP(seen, request)
	})
}

// Calling makes a span of each request that is made through a transport, and tells who is called what it belongs to.
// A request that belongs to no trace is made as it is.
func (r *Recorder) Calling(next http.RoundTripper, service string) http.RoundTripper {
	return caller{recorder: r, next: next, service: service}
}

type caller struct {
	recorder *Recorder
	next     http.RoundTripper
	service  string
}

func (c caller) RoundTrip(request *http.Request) (*http.Response, error) {
	within := From(request.Context())
	if within.Trace == "" {
		return c.next.RoundTrip(request)
	}
	own := within.child()
	request = request.Clone(request.Context())
	own.Write(request.Header)
	begun := time.Now()
	response, err := c.next.RoundTrip(request)
	code := 0
	if err == nil {
		code = response.StatusCode
	}
	c.recorder.record(own, within.Span, "CLIENT", request.Method, begun, c.service, tags(request, code, err))
	return response, err
}

func tags(request *http.Request, code int, err error) map[string]string {
	told := map[string]string{"http.method": request.Method, "http.path": request.URL.Path}
	if code != 0 {
		told["http.status_code"] = strconv.Itoa(code)
	}
	if err != nil {
		told["error"] = err.Error()
	} else if code >= http.StatusInternalServerError {
		told["error"] = fmt.Sprintf("status %d", code)
	}
	return told
}

func (r *Recorder) record(own Context, parent, kind, name string, begun time.Time, remote string, told map[string]string) {
	if r == nil || !own.Sampled {
		return
	}
	span := Span{
		Trace: own.Trace, ID: own.Span, Parent: parent, Kind: kind, Name: name, Timestamp: begun.UnixMicro(),
		Duration: max(1, time.Since(begun).Microseconds()), Local: Endpoint{r.settings.Service}, Tags: told,
	}
	if remote != "" {
		span.Remote = &Endpoint{remote}
	}
	for name, value := range r.settings.Tags {
		span.Tags[name] = value
	}
	r.keep(span)
}
