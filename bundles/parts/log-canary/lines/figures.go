package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// figures are a page in Prometheus' text format.
type figures struct {
	mu   sync.Mutex
	text string
	at   time.Time
}

// family is all values of one figure, and what it means.
type family struct {
	name, help string
	values     map[string]float64 // by their labels, as they are written
}

func newFamily(name, help string) family { return family{name, help, map[string]float64{}} }

// set gives the figure of these labels, name and value in turn, its value.
func (f family) set(value float64, labels ...string) {
	var written []string
	for at := 0; at < len(labels); at += 2 {
		written = append(written, fmt.Sprintf("%s=%s", labels[at], quoted(labels[at+1])))
	}
	f.values[strings.Join(written, ",")] = value
}

// quoted is a label's value as Prometheus wants it: a quotation mark, a backslash and a line's end are escaped.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(value, "?")) + `"`
}

// put replaces the page.
func (f *figures) put(at time.Time, families ...family) {
	var out strings.Builder
	for _, each := range families {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s gauge\n", each.name, each.help, each.name)
		labels := make([]string, 0, len(each.values))
		for label := range each.values {
			labels = append(labels, label)
		}
		sort.Strings(labels)
		for _, label := range labels {
			value := strconv.FormatFloat(each.values[label], 'g', -1, 64)
			if label != "" {
				label = "{" + label + "}"
			}
			fmt.Fprintf(&out, "%s%s %s\n", each.name, label, value)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text, f.at = out.String(), at
}

func (f *figures) read() (string, time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text, f.at
}

// paths are what is answered: figures to a client with the right certificate, and to anybody whether they are fresh.
func (f *figures) paths(client string, old time.Duration) http.Handler {
	paths := http.NewServeMux()
	paths.HandleFunc("GET /metrics", func(to http.ResponseWriter, from *http.Request) {
		text, at := f.read()
		switch {
		case from.TLS == nil || len(from.TLS.VerifiedChains) == 0 || from.TLS.PeerCertificates[0].VerifyHostname(client) != nil:
			http.Error(to, "for the certificate of "+client+" only", http.StatusForbidden)
		case at.IsZero():
			http.Error(to, "nothing was counted yet", http.StatusServiceUnavailable)
		default:
			to.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			fmt.Fprint(to, text)
		}
	})
	paths.HandleFunc("GET /fresh", func(to http.ResponseWriter, _ *http.Request) {
		if _, at := f.read(); time.Since(at) > old {
			http.Error(to, "nothing was counted for "+old.String(), http.StatusServiceUnavailable)
		}
	})
	paths.HandleFunc("GET /alive", func(http.ResponseWriter, *http.Request) {})
	return paths
}

// serve shows figures over TLS, by keys that are read anew for each connection, for they are renewed.
func serve(ctx context.Context, how serving, shown *figures) error {
	server := &http.Server{
		Addr: how.listen, Handler: shown.paths(how.client, 3*how.every), ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return keys(how.keys)
		}},
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServeTLS("", "") }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return errors.Join(ctx.Err(), server.Shutdown(closing))
	}
}

// keys are those of a folder with tls.crt, tls.key and, as ca.crt, who signs clients.
func keys(folder string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
	if err != nil {
		return nil, err
	}
	roots, err := authority(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: roots,
		ClientAuth: tls.VerifyClientCertIfGiven}, nil
}

func authority(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return roots, nil
}
