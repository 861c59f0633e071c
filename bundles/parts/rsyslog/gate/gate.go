package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// largest is how many bytes a request may have; rsyslog sends 4 MiB at most, and one line more.
const largest = 32 << 20

// sentKey is under which a request's context has what was sent.
type sentKey struct{}

// Gate hands requests on to one store, as one who may ask it.
type Gate struct {
	route Route
	to    *url.URL
	proxy *httputil.ReverseProxy
	away  *authority
	// secret finds what is not to be kept of a line that is refused.
	secret *regexp.Regexp

	lock sync.Mutex
	said time.Time
}

// NewGate of a route; ca is the file of the authority that the store's certificate goes up to. An error if the address,
// the file or what is said of refused lines cannot be used.
func NewGate(route Route, ca string) (*Gate, error) {
	to, err := url.Parse(route.To)
	if err != nil {
		return nil, err
	}
	secret, err := secretOf(route.Refused.Masked)
	if err != nil {
		return nil, err
	}
	away := &authority{file: ca}
	if _, err := away.transport(); err != nil {
		return nil, err
	}
	gate := &Gate{route: route, to: to, away: away, secret: secret}
	gate.proxy = &httputil.ReverseProxy{
		Rewrite:        gate.rewrite,
		Transport:      away,
		ModifyResponse: gate.judge,
		ErrorHandler:   gate.broken,
		ErrorLog:       slog.NewLogLogger(quiet{}, slog.LevelDebug),
	}
	return gate, nil
}

func (gate *Gate) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	if strings.HasSuffix(request.URL.Path, "/_bulk") {
		text, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, largest))
		if err != nil {
			gate.broken(answer, request, err)
		}
		text = mended(text)
		request.Body = io.NopCloser(bytes.NewReader(text))
		request.ContentLength = int64(len(text))
		request = request.WithContext(context.WithValue(request.Context(), sentKey{}, text))
	}
	gate.proxy.ServeHTTP(answer, request)
}

// Check asks the store whether it answers; an error says why not.
func (gate *Gate) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, gate.to.JoinPath(gate.route.Check).String(), nil)
	if err != nil {
		return err
	}
	if err := gate.introduce(request); err != nil {
		return err
	}
	response, err := gate.away.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return judge(response)
}

func (gate *Gate) rewrite(request *httputil.ProxyRequest) {
	request.SetURL(gate.to)
	if err := gate.introduce(request.Out); err != nil {
		slog.Error("name and password cannot be read", "error.message", err.Error())
	}
}

// introduce says who asks: what the files hold now.
func (gate *Gate) introduce(request *http.Request) error {
	for name, value := range gate.route.Headers {
		request.Header.Set(name, value)
	}
	name, err := os.ReadFile(filepath.Join(gate.route.Credentials, "username"))
	if err != nil {
		return err
	}
	password, err := os.ReadFile(filepath.Join(gate.route.Credentials, "password"))
	if err != nil {
		return err
	}
	request.SetBasicAuth(strings.TrimSpace(string(name)), strings.TrimSpace(string(password)))
	return nil
}

// judge makes an error of an answer after which the same request may be right later. 400 and 413 are about the request
// itself: to try it again for ever would hold up all others.
func judge(response *http.Response) error {
	status := response.StatusCode
	if status < 300 || status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge {
		return nil
	}
	return fmt.Errorf("answers %s", response.Status)
}

// judge looks at single lines too, where the store says how each of them fared.
func (gate *Gate) judge(response *http.Response) error {
	if err := judge(response); err != nil {
		return err
	}
	sent, ok := response.Request.Context().Value(sentKey{}).([]byte)
	if !ok || response.StatusCode != http.StatusOK {
		return nil
	}
	return gate.settle(response, sent)
}

// broken ends the connection without an answer; it says so once a minute.
func (gate *Gate) broken(_ http.ResponseWriter, request *http.Request, err error) {
	gate.lock.Lock()
	defer gate.lock.Unlock()
	if now := time.Now(); now.Sub(gate.said) > time.Minute && !errors.Is(err, context.Canceled) {
		gate.said = now
		slog.Warn("the store does not take lines; they are kept and tried again", "url.full", gate.to.String(), "error.message", err.Error())
	}
	panic(http.ErrAbortHandler)
}

// authority is a way to hosts whose certificates go up to the one in a file, which may change.
type authority struct {
	file string

	lock sync.Mutex
	read time.Time
	text string
	way  *http.Transport
}

// RoundTrip carries out one request.
func (away *authority) RoundTrip(request *http.Request) (*http.Response, error) {
	way, err := away.transport()
	if err != nil {
		return nil, err
	}
	return way.RoundTrip(request)
}

// transport for the file as it is now; it is looked at once a minute.
func (away *authority) transport() (*http.Transport, error) {
	away.lock.Lock()
	defer away.lock.Unlock()
	if away.way != nil && time.Since(away.read) < time.Minute {
		return away.way, nil
	}
	text, err := os.ReadFile(away.file)
	if err != nil {
		return nil, err
	}
	away.read = time.Now()
	if away.way != nil && string(text) == away.text {
		return away.way, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("no certificate in %s", away.file)
	}
	away.text = string(text)
	away.way = &http.Transport{
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		IdleConnTimeout:       time.Minute,
	}
	return away.way, nil
}

// quiet is a log that keeps nothing: what happens is said by broken.
type quiet struct{}

func (quiet) Enabled(context.Context, slog.Level) bool  { return false }
func (quiet) Handle(context.Context, slog.Record) error { return nil }
func (quiet) WithAttrs([]slog.Attr) slog.Handler        { return quiet{} }
func (quiet) WithGroup(string) slog.Handler             { return quiet{} }
