package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// answering serves as a program would that lets in whom it is told.
func answering(t *testing.T, lets func(name, password string, given bool) bool) (url, authority string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, given := r.BasicAuth(); !lets(name, password, given) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	put(t, folder, map[string]string{
		"ca.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	})
	return server.URL, filepath.Join(folder, "ca.crt")
}

func TestGuarded(t *testing.T) {
	users := t.TempDir()
	put(t, users, map[string]string{"a/username": "viewer", "a/password": "right"})
	for name, one := range map[string]struct {
		lets  func(name, password string, given bool) bool
		wrong string
	}{
		"as it should be": {func(name, password string, _ bool) bool { return name == "viewer" && password == "right" }, ""},
		"open to all":     {func(string, string, bool) bool { return true }, "200 OK, not 401"},
		"closed to all":   {func(string, string, bool) bool { return false }, "401 Unauthorized, not 200"},
		"any password":    {func(_, _ string, given bool) bool { return given }, "200 OK, not 401"},
		"without one":     {func(_, password string, given bool) bool { return !given || password == "right" }, `as "": 200 OK, not 401`},
	} {
		url, authority := answering(t, one.lets)
		told, err := ask(url, "", authority, "example.com", users)
		if one.wrong == "" && (err != nil || !strings.HasPrefix(told, "1 users let in")) {
			t.Errorf("%s: %s %v", name, told, err)
		}
		if one.wrong != "" && (err == nil || !strings.Contains(err.Error(), one.wrong)) {
			t.Errorf("%s: %s %v", name, told, err)
		}
	}
	url, authority := answering(t, func(string, string, bool) bool { return true })
	if _, err := ask(url, "", authority, "elsewhere.com", users); err == nil || !strings.Contains(err.Error(), "elsewhere.com") {
		t.Errorf("another server's name is taken: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	users := t.TempDir()
	put(t, users, map[string]string{"a/username": "viewer", "a/password": "right"})
	for password, wrong := range map[string]string{"right": "", "other": "401 Unauthorized, not 200"} {
		url, authority := answering(t, func(_, given string, _ bool) bool { return given == password })
		told, err := ask("", url, authority, "example.com", users)
		if (wrong == "" && (err != nil || told != "viewer was answered")) || (wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong))) {
			t.Errorf("%s: %s %v", password, told, err)
		}
	}
}
