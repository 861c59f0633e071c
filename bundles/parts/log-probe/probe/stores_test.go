package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stores are both stores in one server: each holds a line as often as `lines` says, for who gives the right password.
func stores(t *testing.T, lines int, open bool) []*place {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		_, password, _ := request.BasicAuth()
		switch {
		case !open && password != "right":
			answer.WriteHeader(http.StatusUnauthorized)
		case strings.HasPrefix(request.URL.Path, "/logs-testing-"):
			fmt.Fprintf(answer, `{"hits":{"total":{"value":%d}}}`, lines)
		default:
			fmt.Fprint(answer, strings.Repeat("{}\n", lines))
		}
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"ca":                    string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
		"store/reader_username": "reader", "store/reader_password": "right", "view/username": "site", "view/password": "right",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := map[string]string{"CLUSTER": "testing", "STORE": server.URL, "VIEW": server.URL, "SECRETS": folder, "CA": filepath.Join(folder, "ca")}
	settings, err := settingsOf(func(name string) string { return said[name] })
	if err != nil {
		t.Fatal(err)
	}
	return settings.places()
}

func TestALineThatIsThereOnceIsFound(t *testing.T) {
	for _, place := range stores(t, 1, false) {
		if err := place.refuses(); err != nil {
			t.Error(err)
		}
		if err := place.awaited(t.Context(), "1"); err != nil {
			t.Error(err)
		}
		if err := place.once(t.Context(), "1"); err != nil {
			t.Error(err)
		}
	}
}

func TestALineThatIsNotThereIsMissed(t *testing.T) {
	for _, place := range stores(t, 0, false) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if place.awaited(ctx, "1") == nil {
			t.Errorf("found in the %s", place.name)
		}
	}
}

func TestALineThatIsThereTwiceIsNoticed(t *testing.T) {
	for _, place := range stores(t, 2, false) {
		if place.once(t.Context(), "1") == nil {
			t.Errorf("two lines in the %s are taken for one", place.name)
		}
	}
}

func TestAStoreThatAnswersAnybodyIsNoticed(t *testing.T) {
	for _, place := range stores(t, 1, true) {
		if place.refuses() == nil {
			t.Errorf("an open %s is not noticed", place.name)
		}
	}
}

func TestSettingsAreDemanded(t *testing.T) {
	if _, err := settingsOf(func(string) string { return "" }); err == nil {
		t.Error("nothing is set, and nothing is said")
	}
}
