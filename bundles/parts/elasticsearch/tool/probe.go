package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"time"
)

// index is where the probe's document is kept meanwhile.
const index = "/logs-probe"

// probe puts a document in and finds it, and makes sure that who may not is refused.
func (s store) probe() error {
	began := time.Now()
	sign := rand.Text()
	body := fmt.Appendf(nil, `{"@timestamp":%q,"message":"probe","event":{"hash":%q}}`, began.UTC().Format(time.RFC3339), sign)
	if err := s.ask("writer", http.MethodPut, index+"/_doc/"+sign+"?refresh=true", body, http.StatusCreated, nil); err != nil {
		return err
	}
	found := s.found(sign)
	taken := time.Since(began).Milliseconds()
	refused := s.refuses(sign)
	if err := s.ask("admin", http.MethodDelete, index, nil, http.StatusOK, nil); err != nil {
		return err
	}
	if found != nil {
		return found
	}
	if refused != nil {
		return refused
	}
	fmt.Printf("=> a document put in and found in %d ms; refused: no name, a wrong password, a reader that writes, a writer that deletes\n", taken)
	return nil
}

func (s store) found(sign string) error {
	var said struct {
		Hits struct {
			Total struct{ Value int }
		}
	}
	query := fmt.Appendf(nil, `{"query":{"term":{"event.hash":%q}}}`, sign)
	if err := s.ask("reader", http.MethodPost, index+"/_search", query, http.StatusOK, &said); err != nil {
		return err
	}
	if said.Hits.Total.Value != 1 {
		return fmt.Errorf("the document was found %d times", said.Hits.Total.Value)
	}
	return nil
}

func (s store) refuses(sign string) error {
	wrong := s
	wrong.passwords = map[string]string{"reader": s.passwords["reader"] + "x"}
	for _, each := range []struct {
		by           store
		user, method string
		path         string
		status       int
	}{
		{s, nobody, http.MethodGet, "/_cluster/health", http.StatusUnauthorized},
		{wrong, "reader", http.MethodGet, "/_cluster/health", http.StatusUnauthorized},
		{s, "reader", http.MethodPut, index + "/_doc/" + sign, http.StatusForbidden},
		{s, "writer", http.MethodDelete, index, http.StatusForbidden},
		{s, "writer", http.MethodDelete, index + "/_doc/" + sign, http.StatusForbidden},
		{s, "traces", http.MethodGet, index + "/_search", http.StatusForbidden},
	} {
		var body []byte
		if each.method == http.MethodPut {
			body = []byte(`{"message":"refused"}`)
		}
		if err := each.by.ask(each.user, each.method, each.path, body, each.status, nil); err != nil {
			return err
		}
	}
	return nil
}
