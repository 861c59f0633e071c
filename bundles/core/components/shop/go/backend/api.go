package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"

	"sitewright.invalid/shop/serving"
)

// Product is one thing to buy; the price is in cents.
type Product struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Price int    `json:"price"`
}

var catalogue = []Product{
	{"hammer", "Claw hammer", 2490},
	{"plane", "Block plane", 5900},
	{"level", "Spirit level", 3450},
	{"chisel", "Bench chisel", 1980},
}

const (
	longestRequest = 4096
	mostAtOnce     = 99
	latestShown    = 20
)

func routes(book *Book, peers *Peers) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	ready := func(w http.ResponseWriter, r *http.Request) {
		if err := book.Check(); err != nil {
			slog.ErrorContext(r.Context(), "the orders cannot be written", "error.message", err.Error())
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "the orders cannot be written"})
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	}
	mux.HandleFunc("GET /readyz", ready)
	mux.HandleFunc("GET /api/health", ready)
	mux.HandleFunc("GET /api/products", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, catalogue)
	})
	mux.HandleFunc("GET /api/orders", func(w http.ResponseWriter, _ *http.Request) {
		host, _ := os.Hostname() // an unknown name shows as none
		answer(w, http.StatusOK, map[string]any{
			"count": book.Count(), "latest": book.Latest(latestShown), "served_by": host, "version": version,
		})
	})
	mux.HandleFunc("POST /api/orders", func(w http.ResponseWriter, r *http.Request) { place(w, r, book, peers) })
	peerRoutes(mux, book)
	return mux
}

func place(w http.ResponseWriter, r *http.Request, book *Book, peers *Peers) {
	var wanted struct {
		Product  string `json:"product"`
		Quantity int    `json:"quantity"`
	}
	reader := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestRequest))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&wanted); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "wanted: {product, quantity}"})
		return
	}
	if wanted.Quantity < 1 || wanted.Quantity > mostAtOnce || !sold(wanted.Product) {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"error": "no such product, or not 1 to 99 of it"})
		return
	}
	order, err := book.Place(wanted.Product, wanted.Quantity, time.Now())
	if err != nil {
		slog.ErrorContext(r.Context(), "order not recorded", "error.message", err.Error())
		answer(w, http.StatusInternalServerError, map[string]string{"error": "the order could not be recorded"})
		return
	}
	peers.Hand(r.Context(), order)
	answer(w, http.StatusCreated, order)
}

func sold(id string) bool {
	for _, product := range catalogue {
		if product.ID == id {
			return true
		}
	}
	return false
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("answer not sent", "error.message", err.Error())
	}
}

// logged writes one line for each request, but for probes and peers that all is well with.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := serving.Remembering(w)
		next.ServeHTTP(seen, r)
		if quiet := r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/peer/orders"; quiet && seen.Code < http.StatusMultipleChoices {
			return
		}
		slog.InfoContext(r.Context(), "request", "http.request.method", r.Method, "url.path", r.URL.Path,
			"http.response.status_code", seen.Code, "event.duration", time.Since(begun).Nanoseconds(),
			"client.address", r.RemoteAddr, "http.request.id", r.Header.Get("X-Request-Id"))
	})
}
