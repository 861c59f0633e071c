package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// shownTo is what is answered to who shows a certificate of these names; to who shows none where there are no names.
func shownTo(shown *figures, path string, names ...string) *httptest.ResponseRecorder {
	asked := httptest.NewRequest(http.MethodGet, path, nil)
	asked.TLS = &tls.ConnectionState{}
	if len(names) > 0 {
		one := &x509.Certificate{DNSNames: names}
		asked.TLS.PeerCertificates, asked.TLS.VerifiedChains = []*x509.Certificate{one}, [][]*x509.Certificate{{one}}
	}
	answer := httptest.NewRecorder()
	shown.paths("prometheus.prometheus.svc", time.Minute).ServeHTTP(answer, asked)
	return answer
}

func TestFiguresAreWrittenAsPrometheusReadsThem(t *testing.T) {
	lost := newFamily("lost", "Lines.")
	lost.set(3, "cluster", "a\"b", "node", "n\n1")
	shown := &figures{}
	before := shownTo(shown, "/metrics", "prometheus.prometheus.svc")
	shown.put(time.Now(), lost)
	after := shownTo(shown, "/metrics", "prometheus.prometheus.svc")
	want := "# HELP lost Lines.\n# TYPE lost gauge\nlost{cluster=\"a\\\"b\",node=\"n\\n1\"} 3\n"
	if before.Code != http.StatusServiceUnavailable || after.Body.String() != want {
		t.Fatal(before.Code, after.Body.String())
	}
}

func TestFiguresAreForTheRightCertificate(t *testing.T) {
	shown := &figures{}
	shown.put(time.Now(), newFamily("lost", "Lines."))
	if none, other := shownTo(shown, "/metrics"), shownTo(shown, "/metrics", "shop.shop.svc"); none.Code != 403 || other.Code != 403 {
		t.Fatal(none.Code, other.Code)
	}
}

func TestWhoCountsNothingAnyMoreIsNotReady(t *testing.T) {
	shown := &figures{}
	never := shownTo(shown, "/fresh").Code
	shown.put(time.Now(), newFamily("lost", "Lines."))
	now := shownTo(shown, "/fresh").Code
	shown.put(time.Now().Add(-time.Hour), newFamily("lost", "Lines."))
	if old := shownTo(shown, "/fresh").Code; never != 503 || now != 200 || old != 503 || shownTo(shown, "/alive").Code != 200 {
		t.Fatal(never, now, old)
	}
}

// keeps are lines that a store has, or the error that it gives.
type keeps struct {
	lines []line
	err   error
}

func TestANodeThatFellSilentIsMissedForADay(t *testing.T) {
	shown := &figures{}
	gone := node{"production", "gone"}
	how := auditing{map[string]keeper{"store": keeps{lines: sent(10, 1, 2, 4)}}, time.Minute, time.Minute,
		map[node]time.Time{{"production", "n2"}: hour, gone: hour.Add(-48 * time.Hour)}}
	if err := how.once(t.Context(), hour.Add(50*time.Minute), shown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`log_canary_last_timestamp_seconds{cluster="production",node="n2"} 1.79604e+09`,
		`log_canary_last_timestamp_seconds{cluster="production",node="n1"} 1.796040013e+09`,
		`log_canary_lost_lines{cluster="production",node="n1",where="store"} 1`} {
		if !strings.Contains(shown.text, want) {
			t.Error(want, "is not in", shown.text)
		}
	}
	if _, there := how.heard[gone]; there {
		t.Error("a node is missed for longer than a day")
	}
}
