package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"sitewright.invalid/shop/trace"
)

const (
	nothing   = "none"           // instead of a store: no part of the site keeps traces
	searching = 50 * time.Second // for a trace; one of these programs is ended after a minute
	fewest    = 3                // spans of a request: the front end's, its call, the back end's
)

// prove makes a request to the shop and looks for it in the store of traces. It writes the evidence, and gives the exit code.
func prove(ctx context.Context, into io.Writer, store, shop string, settings trace.Settings) int {
	if store == nothing {
		send(into, "proved: no part of this site keeps traces, and the shop tells of none\n")
		return 0
	}
	evidence, err := found(ctx, store, shop, settings)
	if err != nil {
		send(into, "not proved: "+err.Error()+"\n")
		return 1
	}
	send(into, "proved: "+evidence+"\n")
	return 0
}

func found(ctx context.Context, store, shop string, settings trace.Settings) (string, error) {
	client := &trace.Client{Secret: settings.Secret, CA: settings.CA}
	if err := closed(ctx, client, store, settings); err != nil {
		return "", err
	}
	ask := &trace.Client{CA: settings.CA}
	request := trace.New()
	if _, err := ask.Do(trace.With(ctx, request), http.MethodGet, shop, nil); err != nil {
		return "", fmt.Errorf("%s: %w", shop, err)
	}
	begun := time.Now()
	last := fmt.Errorf("nothing of it")
	for time.Since(begun) < searching {
		said, err := client.Do(ctx, http.MethodGet, store+request.Trace, nil)
		if err == nil {
			spans, services := counted(said)
			if spans >= fewest && len(services) > 1 {
				return fmt.Sprintf("one trace of %d spans by %s, found after %.1f s; nobody else is answered",
					spans, strings.Join(services, " and "), time.Since(begun).Seconds()), nil
			}
			err = fmt.Errorf("%d spans by %s", spans, strings.Join(services, " and "))
		}
		last = err
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("trace %s at %s: %w", request.Trace, store, last)
}

// closed says whether the store answers those who say no password or a wrong one.
func closed(ctx context.Context, client *trace.Client, store string, settings trace.Settings) error {
	name, _, err := trace.Password(settings.Secret)
	if err != nil {
		return err
	}
	for _, attempt := range []struct{ name, method, url, body string }{
		{"", http.MethodGet, store + "1", ""},
		{name, http.MethodGet, store + "1", ""},
		{"", http.MethodPost, settings.URL, "[]"},
		{name, http.MethodPost, settings.URL, "[]"},
	} {
		var body io.Reader
		if attempt.body != "" {
			body = strings.NewReader(attempt.body)
		}
		_, err := client.As(ctx, attempt.name, rand.Text(), attempt.method, attempt.url, body)
		var status trace.Status
		if errors.As(err, &status) && status == http.StatusUnauthorized {
			continue
		}
		if err == nil {
			err = errors.New("it is answered")
		}
		return fmt.Errorf("%s %s without the right password: %w", attempt.method, attempt.url, err)
	}
	return nil
}

// counted reads a trace as Zipkin or Jaeger gives it: how many spans it has, and of which programs.
func counted(said []byte) (int, []string) {
	spans := map[string]bool{}
	services := map[string]bool{}
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, each := range value {
				walk(each)
			}
		case map[string]any:
			if service, ok := value["serviceName"].(string); ok {
				services[service] = true
			}
			for name, each := range value {
				if id, ok := each.(string); ok && (name == "id" || name == "spanID") {
					spans[id] = true
				}
				// Who was called is not who tells, and what a span belongs to is another one.
				if name != "remoteEndpoint" && name != "references" {
					walk(each)
				}
			}
		}
	}
	var read any
	if json.Unmarshal(said, &read) == nil {
		walk(read)
	}
	names := make([]string, 0, len(services))
	for service := range services {
		names = append(names, service)
	}
	slices.Sort(names)
	return len(spans), names
}
