package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// hash gives what was written for a user, or "" while nothing was.
func hash(path, user string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), `"`+user+`": "`); ok {
			return strings.TrimSuffix(rest, `"`)
		}
	}
	return ""
}

func fits(path, user, password string) bool {
	return bcrypt.CompareHashAndPassword([]byte(hash(path, user)), []byte(password)) == nil
}

func TestChangedPasswordIsWrittenAnew(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, map[string]string{
		"web.yaml": "tls_server_config: {cert_file: a}\n", "users/one/username": "viewer", "users/one/password": "first",
		"users/two/username": "sender", "users/two/password": "other",
	})
	into := filepath.Join(folder, "made.yaml")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- keep(ctx, filepath.Join(folder, "web.yaml"), filepath.Join(folder, "users"), into, 5*time.Millisecond)
	}()
	await(t, func() bool { return fits(into, "viewer", "first") && fits(into, "sender", "other") })
	if fits(into, "viewer", "other") {
		t.Error("another's password fits")
	}
	put(t, folder, map[string]string{"users/one/password": "second"})
	await(t, func() bool { return fits(into, "viewer", "second") })
	before := hash(into, "sender")
	put(t, folder, map[string]string{"users/one/password": ""}) // half of a change: the former one stays
	time.Sleep(50 * time.Millisecond)
	if !fits(into, "viewer", "second") || hash(into, "sender") != before {
		t.Error("written although a password is empty")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func await(t *testing.T, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal("it never held")
		}
	}
}

func TestRefused(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no users":     {"web.yaml": ""},
		"is empty":     {"web.yaml": "", "users/a/username": "a", "users/a/password": ""},
		"second user":  {"web.yaml": "", "users/a/username": "a", "users/a/password": "1", "users/b/username": "a", "users/b/password": "2"},
		"no such file": {"users/a/username": "a", "users/a/password": "1"},
		"password: no": {"web.yaml": "", "users/a/username": "a"},
	} {
		folder := t.TempDir()
		put(t, folder, files)
		_, err := read(filepath.Join(folder, "web.yaml"), filepath.Join(folder, "users"))
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(name, "password: ")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
