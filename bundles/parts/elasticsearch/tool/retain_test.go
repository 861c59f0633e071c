package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)

func TestOnlyWhatIsOldEnoughGoes(t *testing.T) {
	for index, wanted := range map[string]bool{
		"logs-production-2026.11.30":        false,
		"logs-production-2026.11.23":        false,
		"logs-production-2026.11.22":        true,
		"logs-reject-production-2025.01.01": true,
		"zipkin-span-2026-11-22":            true,
		"zipkin-span-2026-11-23":            false,
		"logs-production":                   false,
		"logs-2026.13.45":                   false,
		"other-2020.01.01":                  false,
		"2020.01.01":                        false,
	} {
		if over(index, now, 7, []string{"logs-", "zipkin"}) != wanted {
			t.Errorf("%s: not %v", index, wanted)
		}
	}
}

func TestWhatIsOldIsDeletedAndTheRestIsNot(t *testing.T) {
	var gone []string
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, asked *http.Request) {
		if name, password, is := asked.BasicAuth(); !is || name != "admin" || password != "secret" {
			answer.WriteHeader(http.StatusUnauthorized)
		} else if asked.Method == http.MethodDelete {
			gone = append(gone, asked.URL.Path)
		} else {
			answer.Write([]byte(`[{"index":"logs-a-2026.11.01"},{"index":"logs-a-2026.11.29"},{"index":".own"}]`))
		}
	}))
	defer server.Close()
	store := store{address: server.URL, client: server.Client(), passwords: passwords("reader:x\nadmin:secret\n")}
	if err := store.retain(now, 7, []string{"logs-"}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(gone, []string{"/logs-a-2026.11.01"}) {
		t.Fatal(gone)
	}
	if err := store.alive(); err != nil {
		t.Fatal(err)
	}
	store.passwords = nil
	if err := store.retain(now, 7, []string{"logs-"}); err == nil {
		t.Fatal("a wrong password was no error")
	}
}
