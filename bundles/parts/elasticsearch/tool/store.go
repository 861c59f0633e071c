package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// nobody is who says no name.
const nobody = ""

// store is a log store and the passwords of those who may come in.
type store struct {
	address   string
	client    *http.Client
	passwords map[string]string
}

// ask sends a request as a user; what is answered with another status than is wanted is an error that says so.
func (s store) ask(user, method, path string, body []byte, wanted int, into any) error {
	request, err := http.NewRequest(method, strings.TrimRight(s.address, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if user != nobody {
		request.SetBasicAuth(user, s.passwords[user])
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != wanted {
		return fmt.Errorf("%s %s as %q: %d instead of %d: %.300s", method, path, user, response.StatusCode, wanted, text)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// alive is so where somebody is asked who he is.
func (s store) alive() error {
	return s.ask(nobody, http.MethodGet, "/", nil, http.StatusUnauthorized, nil)
}

// ready is so where every index has a shard that can be written to.
func (s store) ready() error {
	var said struct {
		Status string `json:"status"`
	}
	if err := s.ask("admin", http.MethodGet, "/_cluster/health?timeout=5s", nil, http.StatusOK, &said); err != nil {
		return err
	}
	if said.Status == "red" {
		return errors.New("an index has no shard that serves")
	}
	return nil
}

// templates brings every index template of a folder, once the store serves.
func (s store) templates(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s: no templates in it", folder)
	}
	until := time.Now().Add(3 * time.Minute)
	for err := s.ready(); err != nil; err = s.ready() {
		if time.Now().After(until) {
			return err
		}
		time.Sleep(2 * time.Second)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		path := "/_index_template/" + strings.TrimSuffix(filepath.Base(file), ".json")
		if err := s.ask("admin", http.MethodPut, path, text, http.StatusOK, nil); err != nil {
			return err
		}
	}
	fmt.Printf("{\"log.level\":\"INFO\",\"message\":\"%d index templates as they should be\"}\n", len(files))
	return nil
}
