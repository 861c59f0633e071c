package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// settings are what the environment of the pod says.
type settings struct {
	cluster string
	store   string
	view    string
	secrets string
	client  *http.Client
}

func settingsOf(environment func(string) string) (*settings, error) {
	found := &settings{
		cluster: environment("CLUSTER"), store: environment("STORE"), view: environment("VIEW"), secrets: environment("SECRETS"),
	}
	if found.cluster == "" || found.store == "" || found.view == "" || found.secrets == "" {
		return nil, fmt.Errorf("CLUSTER, STORE, VIEW and SECRETS must be set")
	}
	text, err := os.ReadFile(environment("CA"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("no certificate in %s", environment("CA"))
	}
	found.client = &http.Client{
		Timeout:   15 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
	return found, nil
}

// place is where a line is to be found.
type place struct {
	name string
	// user and password are files.
	user, password string
	client         *http.Client
	// question makes the request that looks for the line of a number; count reads from the answer how many there are.
	question func(number string) (*http.Request, error)
	count    func(answer []byte) (int, error)
}

func (from *settings) places() []*place {
	folder := func(name string) string { return filepath.Join(from.secrets, name) }
	return []*place{
		{
			name: "log store", client: from.client,
			user: folder("store/reader_username"), password: folder("store/reader_password"),
			question: func(number string) (*http.Request, error) {
				query := fmt.Sprintf(`{"query":{"bool":{"must":[{"match":{"probe.id":%q}},{"match":{"orchestrator.cluster.name":%q}}]}}}`, number, from.cluster)
				address := from.store + "/logs-" + url.PathEscape(from.cluster) + "-*/_search"
				request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(query))
				if err == nil {
					request.Header.Set("Content-Type", "application/json")
				}
				return request, err
			},
			count: func(answer []byte) (int, error) {
				var found struct {
					Hits struct{ Total struct{ Value int } }
				}
				err := json.Unmarshal(answer, &found)
				return found.Hits.Total.Value, err
			},
		},
		{
			name: "log view", client: from.client,
			user: folder("view/username"), password: folder("view/password"),
			question: func(number string) (*http.Request, error) {
				query := fmt.Sprintf(`_time:10m {orchestrator.cluster.name=%q} probe.id:=%q`, from.cluster, number)
				return http.NewRequest(http.MethodGet, from.view+"/select/logsql/query?limit=9&query="+url.QueryEscape(query), nil)
			},
			count: func(answer []byte) (int, error) { return bytes.Count(answer, []byte("\n")), nil },
		},
	}
}

// ask asks with a password of this name, or with none where it is empty.
func (place *place) ask(ctx context.Context, number, user, password string) (int, []byte, error) {
	request, err := place.question(number)
	if err != nil {
		return 0, nil, err
	}
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	response, err := place.client.Do(request.WithContext(ctx))
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", place.name, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, answer, err
}

// refuses is an error unless the place refuses who gives a wrong password, and who gives none.
func (place *place) refuses() error {
	user, err := os.ReadFile(place.user)
	if err != nil {
		return err
	}
	for _, asking := range []struct{ who, name string }{{"a wrong password", string(user)}, {"nobody's name", ""}} {
		status, _, err := place.ask(context.Background(), "none", asking.name, "wrong")
		if err != nil {
			return err
		}
		if status != http.StatusUnauthorized {
			return fmt.Errorf("the %s answers %d to %s, and should refuse it (401)", place.name, status, asking.who)
		}
	}
	return nil
}

// found is how many lines of a number there are.
func (place *place) found(ctx context.Context, number string) (int, error) {
	user, err := os.ReadFile(place.user)
	if err != nil {
		return 0, err
	}
	password, err := os.ReadFile(place.password)
	if err != nil {
		return 0, err
	}
	status, answer, err := place.ask(ctx, number, string(user), string(password))
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return 0, fmt.Errorf("the %s answers %d: %.200s", place.name, status, answer)
	}
	return place.count(answer)
}

// awaited asks until the line is there.
func (place *place) awaited(ctx context.Context, number string) error {
	for {
		count, err := place.found(ctx, number)
		if count > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the line %s is not in the %s within a minute; last: %v", number, place.name, err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// once is an error when there are several lines of the number.
func (place *place) once(ctx context.Context, number string) error {
	count, err := place.found(ctx, number)
	if err == nil && count != 1 {
		err = fmt.Errorf("the line %s is %d times in the %s", number, count, place.name)
	}
	return err
}
