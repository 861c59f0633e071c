package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// store takes spans over TLS by a name and a password, and gives the answers that it is told to first.
type store struct {
	*httptest.Server
	mutex    sync.Mutex
	password string
	answers  []int
	tries    int
	spans    []Span
}

func newStore(t *testing.T, answers ...int) (*store, Settings) {
	s := &store{password: "right", answers: answers}
	s.Server = httptest.NewTLSServer(s)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(s.Close)
	folder := t.TempDir()
	ca := filepath.Join(folder, "ca.crt")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	write(t, filepath.Join(folder, "username"), "writer")
	write(t, filepath.Join(folder, "password"), "right\n")
	return s, Settings{Service: "one", URL: s.URL + "/api/v2/spans", Secret: folder, CA: ca}
}

func write(t *testing.T, path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tries++
	if name, password, _ := r.BasicAuth(); name != "writer" || password != s.password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if len(s.answers) > 0 {
		var code int
		code, s.answers = s.answers[0], s.answers[1:]
		w.WriteHeader(code)
		return
	}
	var brought []Span
	if err := json.NewDecoder(r.Body).Decode(&brought); err != nil || r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.spans = append(s.spans, brought...)
	w.WriteHeader(http.StatusAccepted)
}

func (s *store) has() (tries, spans int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.tries, len(s.spans)
}

// running runs a recorder and gives what ends it.
func running(t *testing.T, recorder *Recorder) func() {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); recorder.Run(ctx) }()
	end := func() { cancel(); <-ended }
	t.Cleanup(end)
	return end
}

func until(t *testing.T, what string, holds func() bool) {
	for range 1000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("not within 10 s: " + what)
}

func TestSpansComeTogetherByPasswordAndAuthority(t *testing.T) {
	store, settings := newStore(t)
	recorder := NewRecorder(settings)
	for range 50 {
		recorder.keep(Span{Trace: number, ID: above})
	}
	running(t, recorder)
	until(t, "50 spans", func() bool { _, spans := store.has(); return spans == 50 })
	if tries, _ := store.has(); tries != 1 {
		t.Errorf("in %d requests", tries)
	}
}

func TestWhatWaitsIsSentWhenTheProgramEnds(t *testing.T) {
	store, settings := newStore(t)
	recorder := NewRecorder(settings)
	end := running(t, recorder)
	for range together + 1 {
		recorder.keep(Span{Trace: number, ID: above})
	}
	end()
	if _, spans := store.has(); int64(spans)+recorder.dropped.Load() != together+1 || spans == 0 {
		t.Errorf("%d spans, and %d dropped", spans, recorder.dropped.Load())
	}
}

func TestAStoreThatIsAwayIsAskedAgain(t *testing.T) {
	store, settings := newStore(t, http.StatusServiceUnavailable)
	recorder := NewRecorder(settings)
	recorder.keep(Span{Trace: number, ID: above})
	running(t, recorder)
	until(t, "the span", func() bool { _, spans := store.has(); return spans == 1 })
	if recorder.dropped.Load() != 0 {
		t.Error("it was dropped")
	}
}

func TestAPasswordIsReadForEachRequest(t *testing.T) {
	store, settings := newStore(t)
	write(t, filepath.Join(settings.Secret, "password"), "wrong")
	recorder := NewRecorder(settings)
	recorder.keep(Span{Trace: number, ID: above})
	running(t, recorder)
	until(t, "a refusal", func() bool { tries, _ := store.has(); return tries > 0 })
	if _, spans := store.has(); spans != 0 {
		t.Fatal("a wrong password was taken")
	}
	write(t, filepath.Join(settings.Secret, "password"), "right")
	until(t, "the span", func() bool { _, spans := store.has(); return spans == 1 })
}

func TestWhatIsRefusedForWhatItIsIsDroppedAndCounted(t *testing.T) {
	store, settings := newStore(t, http.StatusBadRequest)
	recorder := NewRecorder(settings)
	recorder.keep(Span{Trace: number, ID: above})
	running(t, recorder)
	until(t, "the count", func() bool { return recorder.dropped.Load() == 1 })
	if _, spans := store.has(); spans != 0 {
		t.Error("the store has it")
	}
}

func TestNobodyWaitsForAStoreAndWhatIsTooMuchIsCountedInTheLog(t *testing.T) {
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	recorder := silent()
	begun := time.Now()
	for range waiting + 7 { // nobody takes them away
		recorder.keep(Span{Trace: number, ID: above})
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("it took %s", took)
	}
	now := time.Now()
	recorder.tell(now)
	recorder.keep(Span{Trace: number, ID: above})
	recorder.tell(now.Add(telling / 2)) // not twice a minute
	recorder.tell(now.Add(telling))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"labels.spans_dropped":7`) || !strings.Contains(lines[1], `"labels.spans_dropped":8`) {
		t.Errorf("%q", lines)
	}
}

func TestAnotherAuthorityIsNotTrusted(t *testing.T) {
	store, settings := newStore(t)
	write(t, settings.CA, "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
	client := &Client{Secret: settings.Secret, CA: settings.CA}
	if _, err := client.Do(t.Context(), http.MethodGet, store.URL, nil); err == nil || !strings.Contains(err.Error(), "has no certificate") {
		t.Errorf("%v", err)
	}
	client.CA = ""
	if _, err := client.Do(t.Context(), http.MethodGet, store.URL, nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
	if tries, _ := store.has(); tries != 0 {
		t.Error("the password was said")
	}
}

func TestAPasswordDoesNotFollowARedirection(t *testing.T) {
	store, settings := newStore(t)
	away := httptest.NewServer(http.RedirectHandler(store.URL, http.StatusTemporaryRedirect))
	defer away.Close()
	client := &Client{Secret: settings.Secret, CA: settings.CA}
	if _, err := client.Do(t.Context(), http.MethodGet, away.URL, nil); err != Status(http.StatusTemporaryRedirect) {
		t.Errorf("%v", err)
	}
	if tries, _ := store.has(); tries != 0 {
		t.Error("it went there")
	}
}
