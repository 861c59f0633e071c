package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"sitewright.invalid/shop/trace"
)

// A back end hands each order to the others before it confirms it, and asks them now and then for what it has missed.
// One that is away is not waited for: the shop goes on selling, and the order comes to it when it is back.
const (
	handing     = time.Second     // for handing an order to a peer
	asking      = 5 * time.Second // between two looks at a peer's orders
	longestBook = 16 << 20        // bytes of a peer's orders
)

// Peers are the other back ends, by their addresses.
type Peers struct {
	addresses []string
	client    *http.Client
}

func newPeers(addresses []string, spans *trace.Recorder) *Peers {
	calling := spans.Calling(http.DefaultTransport, service)
	return &Peers{addresses: addresses, client: &http.Client{Timeout: asking, Transport: calling}}
}

// Hand gives an order to every peer that takes it within a second, whether or not who placed it waits still.
func (p *Peers) Hand(ctx context.Context, order Order) {
	body, err := json.Marshal([]Order{order})
	if err != nil {
		slog.ErrorContext(ctx, "order not handed on", "error.message", err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handing)
	defer cancel()
	var group sync.WaitGroup
	for _, address := range p.addresses {
		group.Go(func() {
			if err := p.post(ctx, address, body); err != nil {
				slog.WarnContext(ctx, "order not handed on", "server.address", address, "error.message", err.Error())
			}
		})
	}
	group.Wait()
}

func (p *Peers) post(ctx context.Context, address string, body []byte) error {
	answer, err := p.ask(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// Follow asks the peers for their orders, until it is told to stop.
func (p *Peers) Follow(ctx context.Context, book *Book) {
	for {
		for _, address := range p.addresses {
			if err := p.fetch(ctx, address, book); err != nil {
				slog.Debug("peer not asked", "server.address", address, "error.message", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(asking):
		}
	}
}

func (p *Peers) fetch(ctx context.Context, address string, book *Book) error {
	answer, err := p.ask(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var orders []Order
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, longestBook)).Decode(&orders); err != nil {
		return err
	}
	return book.Add(orders)
}

func (p *Peers) ask(ctx context.Context, method, address string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+"/peer/orders", body)
	if err != nil {
		return nil, err
	}
	return p.client.Do(request)
}

// peerRoutes is how back ends speak to each other; the front end passes nothing to it.
func peerRoutes(mux *http.ServeMux, book *Book) {
	mux.HandleFunc("GET /peer/orders", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, book.All())
	})
	mux.HandleFunc("POST /peer/orders", func(w http.ResponseWriter, r *http.Request) {
		var orders []Order
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestBook)).Decode(&orders); err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": "wanted: a list of orders"})
			return
		}
		if err := book.Add(orders); err != nil {
			slog.ErrorContext(r.Context(), "orders of a peer not recorded", "error.message", err.Error())
			answer(w, http.StatusInternalServerError, map[string]string{"error": "not recorded"})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
