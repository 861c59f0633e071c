package main

import (
	"crypto/rand"
	"embed"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"sitewright.invalid/shop/trace"
)

//go:embed web
var web embed.FS

// policy lets the page use what it brings itself and nothing from elsewhere.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// routes serves the page and its parts, passes /api/ on, and says that the front end itself is well.
func routes(backend *url.URL, title string, spans *trace.Recorder) (http.Handler, error) {
	page, err := template.ParseFS(web, "web/index.html")
	if err != nil {
		return nil, err
	}
	var rendered strings.Builder
	if err := page.Execute(&rendered, map[string]string{"Title": title}); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { send(w, "ok\n") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		send(w, rendered.String())
	})
	for _, part := range []string{"shop.css", "shop.js"} {
		mux.HandleFunc("GET /"+part, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, web, "web/"+part)
		})
	}
	mux.Handle("/api/", passing(backend, spans))
	return spans.Served(logged(guarded(mux)), "/healthz"), nil
}

// passing hands a request on to the back end, with an id by which both logs can be read together.
func passing(backend *url.URL, spans *trace.Recorder) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.ResponseHeaderTimeout = 10 * time.Second
	return &httputil.ReverseProxy{
		Transport: spans.Calling(transport, "shop-backend"),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			r.SetXForwarded()
			r.Out.Header.Set("X-Request-Id", rand.Text())
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			slog.ErrorContext(r.Context(), "the back end does not answer", "url.path", r.URL.Path, "error.message", err.Error())
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadGateway)
			send(w, `{"error": "the back end does not answer"}`+"\n")
		},
	}
}

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Strict-Transport-Security", "max-age=31536000")
		header.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// logged writes one line for each request, but for the probes.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		next.ServeHTTP(w, r)
		if r.URL.Path != "/healthz" {
			slog.InfoContext(r.Context(), "request", "http.request.method", r.Method, "url.path", r.URL.Path,
				"event.duration", time.Since(begun).Nanoseconds(), "client.address", r.RemoteAddr)
		}
	})
}

func send(w io.Writer, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		slog.Warn("answer not sent", "error.message", err.Error())
	}
}
