package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// ask does what -guarded and -answers are for, and says what it saw, for the evidence of a probe.
func ask(safe, up, authority, server, users string) (string, error) {
	client, err := asking(authority, server)
	if err != nil {
		return "", err
	}
	known, err := read(os.DevNull, users)
	if err != nil {
		return "", err
	}
	if safe != "" {
		return client.guarded(safe, known)
	}
	name := known.names()[0]
	return name + " was answered", client.expect(up, http.StatusOK, name, known.passwords[name])
}

// guarded makes sure that a URL is answered to each user, and refused to who has a wrong password or none.
func (a asker) guarded(url string, known source) (string, error) {
	for _, name := range known.names() {
		if err := a.expect(url, http.StatusOK, name, known.passwords[name]); err != nil {
			return "", err
		}
		if err := a.expect(url, http.StatusUnauthorized, name, known.passwords[name]+"x"); err != nil {
			return "", err
		}
	}
	if err := a.expect(url, http.StatusUnauthorized, "", ""); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d users let in, a wrong password and none refused", len(known.passwords)), nil
}

type asker struct{ *http.Client }

// asking gives a client that trusts one authority, and wants the server to be of that name.
func asking(authority, server string) (asker, error) {
	text, err := os.ReadFile(authority)
	if err != nil {
		return asker{}, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(text) {
		return asker{}, errors.New(authority + ": no certificate in it")
	}
	settings := &tls.Config{RootCAs: trusted, ServerName: server, MinVersion: tls.VersionTLS13}
	return asker{&http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: settings}}}, nil
}

func (a asker) expect(url string, status int, name, password string) error {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if name != "" {
		request.SetBasicAuth(name, password)
	}
	answer, err := a.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != status {
		return fmt.Errorf("%s as %q: %s, not %d", url, name, answer.Status, status)
	}
	return nil
}
