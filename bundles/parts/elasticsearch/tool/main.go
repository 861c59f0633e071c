// Command log-store looks after a log store: it brings index templates, deletes what is old enough, tells whether the
// store serves, and proves that it works and refuses whom it should.
//
//	log-store alive ADDRESS           something answers there
//	log-store ready ADDRESS           all indices can be written to
//	log-store templates URL FOLDER    each file NAME.json of the folder is the index template NAME
//	log-store retain URL DAYS PREFIX...   days of indices with these prefixes are kept
//	log-store probe URL               the last line begins with => and is the evidence
//
// It comes in as a user of /etc/elasticsearch/credentials and trusts the authority in /etc/tls/ca.crt.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	credentials = "/etc/elasticsearch/credentials"
	authority   = "/etc/tls/ca.crt"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "{\"log.level\":\"ERROR\",\"message\":%q}\n", err.Error())
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return errors.New("log-store alive|ready|templates|retain|probe ADDRESS ...")
	}
	command, address, more := arguments[0], arguments[1], arguments[2:]
	if command == "alive" {
		return store{address: address, client: &http.Client{Timeout: 10 * time.Second}}.alive()
	}
	known, err := os.ReadFile(credentials)
	if err != nil {
		return err
	}
	store := store{address: address, client: &http.Client{Timeout: 60 * time.Second}, passwords: passwords(string(known))}
	if strings.HasPrefix(address, "https:") {
		if err := store.trust(); err != nil {
			return err
		}
	}
	switch {
	case command == "ready":
		return store.ready()
	case command == "templates" && len(more) == 1:
		return store.templates(more[0])
	case command == "retain" && len(more) > 1:
		days, err := strconv.Atoi(more[0])
		if err != nil || days < 1 {
			return fmt.Errorf("%q: must be a number of days, 1 or more", more[0])
		}
		return store.retain(time.Now().UTC(), days, more[1:])
	case command == "probe":
		return store.probe()
	}
	return fmt.Errorf("%s: no such command, or not what it wants", command)
}

// trust has the store verified by the site's authority alone.
func (s store) trust() error {
	text, err := os.ReadFile(authority)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s: no certificate in it", authority)
	}
	s.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return nil
}

// passwords reads lines of name:password.
func passwords(text string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(text) {
		if name, password, is := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); is {
			found[name] = password
		}
	}
	return found
}
