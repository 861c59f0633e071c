package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sitewright.invalid/shop/trace"
)

// memory keeps spans as Zipkin does.
type memory struct {
	mutex sync.Mutex
	open  bool // for anybody
	kept  []trace.Span
}

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, password, _ := r.BasicAuth(); password != "right" && !m.open {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodPost {
		var brought []trace.Span
		_ = json.NewDecoder(r.Body).Decode(&brought)
		m.kept = append(m.kept, brought...)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	var of []trace.Span
	for _, span := range m.kept {
		if strings.HasSuffix(r.URL.Path, span.Trace) {
			of = append(of, span)
		}
	}
	if len(of) == 0 {
		w.WriteHeader(http.StatusNotFound)
	}
	_ = json.NewEncoder(w).Encode(of)
}

// market is a store, a back end's stand-in and the front end.
func market(t *testing.T, store *memory) (string, string, trace.Settings) {
	keeps := httptest.NewTLSServer(store)
	t.Cleanup(keeps.Close)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"username": "writer", "password": "right",
		"ca.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: keeps.Certificate().Raw})),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings := trace.Settings{Service: "shop-frontend", URL: keeps.URL, Secret: folder, CA: filepath.Join(folder, "ca.crt")}
	other := settings
	other.Service = "shop-backend"
	front, back := trace.NewRecorder(settings), trace.NewRecorder(other)
	go front.Run(t.Context())
	go back.Run(t.Context())
	backend := httptest.NewServer(back.Served(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { send(w, "[]") })))
	t.Cleanup(backend.Close)
	target, _ := url.Parse(backend.URL)
	handler, err := routes(target, "Shop", front)
	if err != nil {
		t.Fatal(err)
	}
	shop := httptest.NewServer(handler)
	t.Cleanup(shop.Close)
	return keeps.URL + "/trace/", shop.URL + "/api/orders", settings
}

func TestARequestIsFoundAsOneTrace(t *testing.T) {
	store, shop, settings := market(t, &memory{})
	var said bytes.Buffer
	if code := prove(t.Context(), &said, store, shop, settings); code != 0 {
		t.Fatal(said.String())
	}
	if !strings.HasPrefix(said.String(), "proved: one trace of 3 spans by shop-backend and shop-frontend, found after ") {
		t.Error(said.String())
	}
}

func TestAStoreThatAnswersAnybodyIsNoProof(t *testing.T) {
	store, shop, settings := market(t, &memory{open: true})
	var said bytes.Buffer
	if code := prove(t.Context(), &said, store, shop, settings); code != 1 || !strings.Contains(said.String(), "without the right password") {
		t.Error(code, said.String())
	}
}

func TestAShopThatTellsNobodyIsNoProof(t *testing.T) {
	store, _, settings := market(t, &memory{})
	alone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { send(w, "[]") }))
	defer alone.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var said bytes.Buffer
	if code := prove(ctx, &said, store, alone.URL, settings); code != 1 || !strings.HasPrefix(said.String(), "not proved: ") {
		t.Error(code, said.String())
	}
}

func TestWhereNothingKeepsTracesNothingIsAsked(t *testing.T) {
	var said bytes.Buffer
	if code := prove(t.Context(), &said, "none", "", trace.Settings{}); code != 0 || !strings.HasPrefix(said.String(), "proved: ") {
		t.Error(said.String())
	}
}

func TestSpansAreCountedInTheFormsOfZipkinAndOfJaeger(t *testing.T) {
	for form, said := range map[string]string{
		"zipkin": `[{"traceId":"1","id":"a","kind":"SERVER","localEndpoint":{"serviceName":"f"}},
			{"traceId":"1","id":"b","parentId":"a","localEndpoint":{"serviceName":"f"},"remoteEndpoint":{"serviceName":"x"}},
			{"traceId":"1","id":"c","parentId":"b","localEndpoint":{"serviceName":"g"}}]`,
		"jaeger": `{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"a","references":[],"processID":"p1"},
			{"traceID":"1","spanID":"b","references":[{"refType":"CHILD_OF","traceID":"1","spanID":"z"}],"processID":"p1"},
			{"traceID":"1","spanID":"c","tags":[{"key":"id","type":"string","value":"9"}],"processID":"p2"}],
			"processes":{"p1":{"serviceName":"f"},"p2":{"serviceName":"g"}}}]}`,
	} {
		if spans, services := counted([]byte(said)); spans != 3 || strings.Join(services, " ") != "f g" {
			t.Errorf("%s: %d of %v", form, spans, services)
		}
	}
	if spans, _ := counted([]byte("no JSON")); spans != 0 {
		t.Error(spans)
	}
}
