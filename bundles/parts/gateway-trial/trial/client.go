package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// client asks the gateway by a name that no server of names has to know, and trusts the site's authority alone.
type client struct {
	base, control, token string
	http                 *http.Client
	run                  string
}

// clientOf reads from the environment whom to ask: GATEWAY (HOST:PORT), NAME (of the site asked for), CA_FILE, TOKEN_FILE.
func clientOf(variable func(string) string) (*client, error) {
	authority, err := os.ReadFile(variable("CA_FILE"))
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate", variable("CA_FILE"))
	}
	token, err := os.ReadFile(variable("TOKEN_FILE"))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"GATEWAY", "NAME"} {
		if variable(name) == "" {
			return nil, fmt.Errorf("%s is not set", name)
		}
	}
	gateway, dialer := variable("GATEWAY"), &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, gateway)
		},
	}
	return &client{
		base: "https://" + variable("NAME"), control: "http://" + control, token: string(token),
		http: &http.Client{Transport: transport, Timeout: 10 * time.Second}, run: rand.Text(),
	}, nil
}

// ask gives the status and the first line of the answer to a path; the run's own name goes along, by which it is counted.
func (c *client) ask(path, token string) (int, string, error) {
	request, err := http.NewRequest(http.MethodGet, c.base+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("X-Trial", c.run)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	line, _, _ := strings.Cut(string(body), "\n")
	return answer.StatusCode, line, err
}

// order tells the back end in this pod to die or to live.
func (c *client) order(what string) error {
	answer, err := http.Post(c.control+"/"+what, "text/plain", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", what, answer.Status)
	}
	return nil
}
