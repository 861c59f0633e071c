package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// store is one over TLS that knows one password and gives one status, and the gate in front of it.
func store(t *testing.T, status int) (front *httptest.Server, folder string, gate *Gate) {
	t.Helper()
	return saying(t, status, `{"errors":false}`)
}

// saying is one that also says something where it answers 200.
func saying(t *testing.T, status int, said string) (front *httptest.Server, folder string, gate *Gate) {
	t.Helper()
	back := httptest.NewTLSServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		name, password, _ := request.BasicAuth()
		if name != "writer" || password != "right" {
			answer.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer.Header().Set("X-Asked", request.URL.Path+" "+request.Header.Get("VL-Msg-Field"))
		answer.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprint(answer, said)
		}
	}))
	t.Cleanup(back.Close)
	folder = t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: back.Certificate().Raw})
	write(t, folder, "ca.crt", string(ca))
	write(t, folder, "username", "writer\n")
	write(t, folder, "password", "right")
	route := Route{To: back.URL + "/insert", Credentials: folder, Check: "/", Headers: map[string]string{"VL-Msg-Field": "message"}}
	gate, err := NewGate(route, filepath.Join(folder, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	front = httptest.NewServer(gate)
	t.Cleanup(front.Close)
	return front, folder, gate
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func post(front *httptest.Server) (*http.Response, error) {
	return http.Post(front.URL+"/_bulk", "application/json", strings.NewReader("{}\n"))
}

func TestWhatIsTakenIsHandedOn(t *testing.T) {
	front, _, _ := store(t, http.StatusOK)
	response, err := post(front)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if asked := response.Header.Get("X-Asked"); asked != "/insert/_bulk message" {
		t.Errorf("the store was asked for %q", asked)
	}
}

func TestWhatTheStoreRefusesForNowBreaksTheConnection(t *testing.T) {
	for _, status := range []int{301, 401, 403, 404, 408, 429, 500, 502, 503} {
		front, _, gate := store(t, status)
		if response, err := post(front); err == nil {
			response.Body.Close()
			t.Errorf("%d came through as %s", status, response.Status)
		}
		if gate.Check(t.Context()) == nil {
			t.Errorf("%d is taken for health", status)
		}
	}
}

func TestWhatIsWrongWithTheRequestIsTold(t *testing.T) {
	for _, status := range []int{400, 413} {
		front, _, _ := store(t, status)
		response, err := post(front)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%d came through as %s", status, response.Status)
		}
	}
}

func TestAPasswordIsReadAnew(t *testing.T) {
	front, folder, gate := store(t, http.StatusOK)
	write(t, folder, "password", "wrong")
	if response, err := post(front); err == nil {
		response.Body.Close()
		t.Fatal("a wrong password was not noticed")
	}
	write(t, folder, "password", "right")
	response, err := post(front)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := gate.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestACertificateForAnotherNameIsRefused(t *testing.T) {
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	_, folder, _ := store(t, http.StatusOK)
	// The test server's certificate holds 127.0.0.1 and example.com.
	address := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	gate, err := NewGate(Route{To: address, Credentials: folder, Check: "/"}, filepath.Join(folder, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	err = gate.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate for another name gave %v", err)
	}
}
