package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// against gives a client that asks a gateway made of a handler, in a pod whose back end does what the handler of orders says.
func against(gateway, orders http.Handler) (*client, func()) {
	front, inside := httptest.NewServer(gateway), httptest.NewServer(orders)
	asking := &client{base: front.URL, control: inside.URL, token: "right", http: front.Client(), run: "run"}
	return asking, func() { front.Close(); inside.Close() }
}

func proves(t *testing.T, proof func(*client) (string, error), gateway, orders http.Handler, wanted string) {
	t.Helper()
	asking, end := against(gateway, orders)
	defer end()
	said, err := proof(asking)
	if err != nil {
		said = err.Error()
	}
	if !strings.Contains(said, wanted) {
		t.Errorf("%q, wanted %q", said, wanted)
	}
}

// after answers 200 to so many requests, and then with a status.
func after(passing int32, status int) http.Handler {
	var count atomic.Int32
	return http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		if count.Add(1) > passing {
			answer.WriteHeader(status)
		}
	})
}

func TestALimitIsProvedByTheFirstRequestBeyondIt(t *testing.T) {
	nothing := http.NotFoundHandler()
	proves(t, limited, after(5, 429), nothing, "proved:")
	proves(t, limited, after(4, 429), nothing, "request 5 of 5 within a minute: status 429")
	proves(t, limited, after(6, 429), nothing, "request 6 within a minute: status 200, not 429")
	proves(t, limited, after(5, 503), nothing, "status 503, not 429")
}

func TestAGuardIsProvedByWhoItRefusesAndWhoItLetsPass(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("right"), 0o600); err != nil {
		t.Fatal(err)
	}
	guard := judge(file)
	asked := func(answer http.ResponseWriter, request *http.Request) {
		request.URL.Path = "/judge"
		guard.ServeHTTP(answer, request)
	}
	nothing := http.NotFoundHandler()
	proves(t, guarded, http.HandlerFunc(asked), nothing, "proved:")
	proves(t, guarded, after(9, 401), nothing, "nobody: status 200, not 401")
	proves(t, guarded, after(0, 401), nothing, "the token: status 401, not 200")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	proves(t, guarded, http.HandlerFunc(asked), nothing, "nobody: status 503, not 401")
}

// pair is a gateway before two back ends, of which it asks one after the other; a patient one asks the other as well, on
// /steady, where the first is dead. It comes with what has the second back end die.
func pair(t *testing.T, patient bool) (gateway http.Handler, control http.Handler) {
	t.Helper()
	ends := [2]*backEnd{}
	for at, name := range []string{"one", "two"} {
		ends[at] = &backEnd{address: "127.0.0.1:0", handler: greeting(name)}
		if err := ends[at].live(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(ends[at].die)
	}
	var turn atomic.Int64
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		first := turn.Add(1)
		order := []*backEnd{ends[first%2]}
		if patient && request.URL.Path == "/steady" {
			order = append(order, ends[(first+1)%2])
		}
		for _, end := range order {
			end.guard.Lock()
			living := end.server != nil
			end.guard.Unlock()
			if living {
				end.handler.ServeHTTP(answer, request)
				return
			}
		}
		answer.WriteHeader(http.StatusBadGateway)
	}), orders(ends[1])
}

func TestADeadBackEndIsProvedUnnoticedOnlyWhereItIsDeadAndNobodyWasTold(t *testing.T) {
	gateway, control := pair(t, true)
	proves(t, unnoticed, gateway, control, "proved: a back end died under 240 calls and none failed")
	gateway, control = pair(t, false)
	proves(t, unnoticed, gateway, control, "calls failed when a back end died; the first: status 502")
	gateway, _ = pair(t, true)
	proves(t, unnoticed, gateway, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), "the back end is not dead, and nothing is proved")
	proves(t, unnoticed, greeting("one"), control, "there is no second back end")
}

func TestABackEndDiesWithWhatItWasAnsweringAndLivesAgain(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	base := "http://" + free.Addr().String()
	begun, never := make(chan bool), make(chan bool)
	defer close(never)
	end := &backEnd{address: free.Addr().String(), handler: http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/slow" {
			close(begun)
			<-never
		}
	})}
	if err := end.live(); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := http.Get(base + "/slow")
		failed <- err
	}()
	<-begun
	end.die()
	if err := <-failed; err == nil {
		t.Error("what was being answered is answered by a dead program")
	}
	if _, err := http.Get(base + "/"); err == nil {
		t.Error("a dead program listens")
	}
	if err := end.live(); err != nil {
		t.Fatal(err)
	}
	defer end.die()
	client := &http.Client{Timeout: 10 * time.Second}
	if _, err := client.Get(base + "/"); err != nil {
		t.Error(err)
	}
}

func TestAClientWithoutAnAuthorityIsNone(t *testing.T) {
	folder := t.TempDir()
	said := map[string]string{"GATEWAY": "127.0.0.1:1", "NAME": "trial.site"}
	for name, text := range map[string]string{"CA_FILE": "no certificate", "TOKEN_FILE": "right"} {
		said[name] = filepath.Join(folder, name)
		if err := os.WriteFile(said[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := clientOf(func(name string) string { return said[name] }); err == nil {
		t.Error("it would trust anybody")
	}
}
