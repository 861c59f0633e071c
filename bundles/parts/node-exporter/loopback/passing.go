package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

const (
	// patience with a program; Prometheus itself waits 10 s.
	patience = 8 * time.Second
	// bytes that are passed on at most: figures of a big cluster are some ten megabytes.
	most = 64 << 20
)

var names = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// routes has one path for each program, and nothing else can be asked.
func routes(programs map[string]string, token string) (http.Handler, error) {
	mux := http.NewServeMux()
	// Programs of a host show certificates that nobody signed, and are asked at this host's own loopback: there is no one between.
	client := &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
	}}
	for name, text := range programs {
		where, err := url.Parse(text)
		if err != nil || !names.MatchString(name) || (where.Scheme != "http" && where.Scheme != "https") {
			return nil, fmt.Errorf("not NAME=URL: %s=%s", name, text)
		}
		if address := net.ParseIP(where.Hostname()); address == nil || !address.IsLoopback() {
			return nil, fmt.Errorf("%s: %s is not on loopback", name, where.Host)
		}
		mux.Handle("GET /"+name, &passing{name: name, where: where, client: client, token: token})
	}
	return mux, nil
}

// passing asks one program for its figures.
type passing struct {
	name   string
	where  *url.URL
	client *http.Client
	token  string
}

func (p *passing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := p.ask(r)
	if err != nil {
		slog.Warn("no figures", "program", p.name, "error", err.Error())
		http.Error(w, p.name+" does not answer on its host", http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	for _, header := range []string{"Content-Type", "Content-Encoding"} {
		if value := answer.Header.Get(header); value != "" {
			w.Header().Set(header, value)
		}
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, io.LimitReader(answer.Body, most)); err != nil {
		slog.Warn("figures not passed on", "program", p.name, "error", err.Error())
	}
}

// ask passes on only what says how figures are written, and shows the token to none but https programs.
func (p *passing) ask(r *http.Request) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, p.where.String(), nil)
	if err != nil {
		return nil, err
	}
	for _, header := range []string{"Accept", "Accept-Encoding"} {
		if value := r.Header.Get(header); value != "" {
			request.Header.Set(header, value)
		}
	}
	if p.where.Scheme == "https" && p.token != "" {
		token, err := os.ReadFile(p.token)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	return p.client.Do(request)
}
