package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestACanaryCountsFromOneUnderANameThatSaysWhenItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	to := writer(func(p []byte) (int, error) {
		if bytes.Count(out.Bytes(), []byte("\n")) == 2 {
			cancel()
		}
		return out.Write(p)
	})
	if err := sing(ctx, to, "n1", time.Millisecond, func() time.Time { return hour }); err != context.Canceled {
		t.Fatal(err)
	}
	for at, text := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var line sung
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if want := (mark{"seq", "n1", "2026-11-30T12:00:00Z", int64(at + 1)}); line.Canary != want || line.Level != "info" {
			t.Fatal(text)
		}
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestACanaryThatCannotPrintIsNotAlive(t *testing.T) {
	fails := false
	out := &heartbeat{to: writer(func(p []byte) (int, error) {
		if fails {
			return 0, io.ErrShortWrite
		}
		return len(p), nil
	})}
	out.Write(nil)
	printed := out.last.Load()
	fails = true
	out.Write(nil)
	if printed == 0 || out.last.Load() != printed {
		t.Fatal("what was not printed counts")
	}
	if age := out.age(time.Unix(0, printed).Add(time.Hour)); age != time.Hour {
		t.Fatal(age)
	}
}

// stand is a server over TLS, as a place that is asked in the name of reader.
func stand(t *testing.T, answer http.HandlerFunc) place {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	folder := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, content := range map[string][]byte{"ca.crt": authority, "username": []byte("reader\n"), "password": []byte("p"), "token": []byte("tok")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return place{server.URL, in(folder, "username"), in(folder, "password"), in(folder, "ca.crt")}
}

func (p place) cluster() cluster { return cluster{p.url, filepath.Dir(p.ca)} }

func TestTheStoreIsAskedPageByPage(t *testing.T) {
	asks := 0
	at := stand(t, func(to http.ResponseWriter, from *http.Request) {
		if name, password, _ := from.BasicAuth(); name != "reader" || password != "p" {
			to.WriteHeader(http.StatusUnauthorized)
			return
		}
		var query map[string]any
		if err := json.NewDecoder(from.Body).Decode(&query); err != nil {
			t.Error(err)
		}
		asks++
		count := page
		if asks == 2 {
			count = 1
			if fmt.Sprint(query["search_after"]) != "[production n1 s 10000]" {
				t.Error(query["search_after"])
			}
		}
		hits := make([]map[string]any, count)
		for at := range hits {
			n := (asks-1)*page + at + 1
			hits[at] = map[string]any{"sort": []any{"production", "n1", "s", n}, "fields": map[string]any{
				"canary.n": []any{n}, "canary.node": []any{"n1"}, "canary.series": []any{"s"}, "orchestrator.cluster.name": []any{"production"},
				"@timestamp": []any{"2026-11-30T12:00:00.500Z"}, "event.ingested": []any{"2026-11-30T12:00:02.500Z"}}}
		}
		json.NewEncoder(to).Encode(map[string]any{"hits": map[string]any{"hits": hits}})
	})
	lines, err := store{at}.canaryLines(t.Context(), hour, hour.Add(time.Hour))
	if err != nil || len(lines) != page+1 {
		t.Fatal(len(lines), err)
	}
	last := lines[page]
	if last.node != here || last.N != page+1 || last.Ingested.Sub(last.Sent) != 2*time.Second {
		t.Fatal(last)
	}
}

// seen is a line as VictoriaLogs v1.52.2 gave it on a practice host.
const seen = `{"@timestamp":"2026-11-30T12:00:00.5Z","canary.n":"7","canary.node":"n1","canary.series":"s","event.ingested":"2026-11-30T12:00:02.500000+00:00","orchestrator.cluster.name":"production"}` + "\n"

func TestTheViewIsAskedForALineThatCameTwice(t *testing.T) {
	var query string
	at := stand(t, func(to http.ResponseWriter, from *http.Request) {
		query = from.FormValue("query")
		fmt.Fprint(to, seen+seen)
	})
	lines, err := view{at}.canaryLines(t.Context(), hour, hour.Add(time.Hour))
	if err != nil || len(lines) != 2 || lines[0].node != here || lines[1].N != 7 || lines[0].Ingested.Sub(lines[0].Sent) != 2*time.Second {
		t.Fatal(lines, err)
	}
	if !strings.HasPrefix(query, "_time:[2026-11-30T12:00:00Z, 2026-11-30T13:00:00Z) ") {
		t.Fatal(query)
	}
}

func TestWhatAStoreSaysAgainstUsIsTold(t *testing.T) {
	at := stand(t, func(to http.ResponseWriter, _ *http.Request) { http.Error(to, "who?", http.StatusUnauthorized) })
	for name, keeper := range map[string]keeper{"store": store{at}, "view": view{at}} {
		_, err := keeper.canaryLines(t.Context(), hour, hour)
		if err == nil || !strings.Contains(err.Error(), "401 Unauthorized: who?") {
			t.Error(name, err)
		}
	}
}

func TestOnlyTheOwnEntriesAreWritten(t *testing.T) {
	var said, path string
	at := stand(t, func(to http.ResponseWriter, from *http.Request) {
		body, _ := io.ReadAll(from.Body)
		said, path = string(body), from.Method+" "+from.URL.String()+" "+from.Header.Get("Authorization")
		fmt.Fprint(to, `{"data":{"a":"b","waiver.a":"2026-12-24 x"}}`)
	})
	kept, err := at.cluster().keep(t.Context(), "log-contract", "logging-offenders", map[string]string{"a": "b"})
	if err != nil || kept["waiver.a"] != "2026-12-24 x" {
		t.Fatal(kept, err)
	}
	if path != "PATCH /api/v1/namespaces/log-contract/configmaps/logging-offenders?fieldManager=log-report&force=true Bearer tok" ||
		!strings.Contains(said, `"data":{"a":"b"}`) {
		t.Fatal(path, said)
	}
}

func TestAllPagesOfWorkloadsAreRead(t *testing.T) {
	at := stand(t, func(to http.ResponseWriter, from *http.Request) {
		if from.URL.Path != "/apis/apps/v1/deployments" {
			fmt.Fprint(to, `{"items":[{"metadata":{"name":"made","namespace":"prod-pay","ownerReferences":[{"kind":"Deployment"}]}}]}`)
		} else if from.URL.Query().Get("continue") == "" {
			fmt.Fprint(to, `{"metadata":{"continue":"next"},"items":[{"metadata":{"name":"api","namespace":"prod-pay"}}]}`)
		} else {
			fmt.Fprint(to, `{"items":[{"metadata":{"name":"web","namespace":"prod-pay"}}]}`)
		}
	})
	found, err := at.cluster().workloads(t.Context())
	if err != nil || len(found) != 2 || found[1].key() != "prod-pay.deployment.web" {
		t.Fatal(found, err)
	}
}

func TestHoursThatAreLongOverAreCountedOnce(t *testing.T) {
	asked := map[string]int{}
	at := stand(t, func(to http.ResponseWriter, from *http.Request) {
		body, _ := io.ReadAll(from.Body)
		asked[string(body)]++
		fmt.Fprint(to, `{"aggregations":{"lines":{"buckets":[{"key":{"Namespace":"n","Pod":"p","Owner":null},"doc_count":2}]}}}`)
	})
	own := hours{store: store{at}, environment: "production"}
	for range 2 {
		found, err := own.tallies(t.Context(), hour.Add(-5*time.Hour), hour.Add(time.Minute))
		if err != nil || len(found) != 2*6 || !found[0].Hour.Equal(hour) || found[0].Owner != "" || found[0].Lines != 2 {
			t.Fatal(found, err)
		}
	}
	again := 0
	for _, times := range asked {
		again += times - 1
	}
	if again != 2*3 {
		t.Fatal(again)
	}
	if _, err := own.tallies(t.Context(), hour, hour.Add(time.Minute)); err != nil || len(own.kept) != 0 {
		t.Fatal(own.kept, err)
	}
}
