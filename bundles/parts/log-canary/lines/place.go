package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// largest is how many bytes of an answer are read.
const largest = 256 << 20

// place is a store of lines, asked in the name of whom a folder's two files say.
type place struct {
	url            string
	user, password string // files
	ca             string // file with the authority that the place's certificate is to be of
}

// ask sends a question in JSON or, where `form` says so, as a form; the answer is read to its end by `read`.
func (p place) ask(ctx context.Context, path, form string, body []byte, read func(io.Reader) error) error {
	asked, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(p.url, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	asked.Header.Set("Content-Type", form)
	name, err := os.ReadFile(p.user)
	if err != nil {
		return err
	}
	password, err := os.ReadFile(p.password)
	if err != nil {
		return err
	}
	asked.SetBasicAuth(strings.TrimSpace(string(name)), strings.TrimSpace(string(password)))
	return answered(p.ca, asked, read)
}

// answered sends a request to who has a certificate of that authority, which is read anew each time: it is renewed.
func answered(ca string, asked *http.Request, read func(io.Reader) error) error {
	roots, err := authority(ca)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	client := &http.Client{Transport: transport, Timeout: 2 * time.Minute}
	defer client.CloseIdleConnections()
	answer, err := client.Do(asked)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body := io.LimitReader(answer.Body, largest)
	if answer.StatusCode/100 != 2 {
		said, _ := io.ReadAll(io.LimitReader(body, 300))
		return fmt.Errorf("%s %s: %s: %s", asked.Method, asked.URL.Path, answer.Status, said)
	}
	return read(body)
}

// into reads one JSON document.
func into(found any) func(io.Reader) error {
	return func(from io.Reader) error { return json.NewDecoder(from).Decode(found) }
}

// in is a file of a folder of secrets.
func in(folder, name string) string { return filepath.Join(folder, name) }
