package trace

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	patience    = 5 * time.Second // for an answer
	mostAnswers = 4 << 20         // bytes of one
)

// Client asks a store of traces. Password and authority are read for each request: both are changed while programs run.
type Client struct {
	Secret string // folder with username and password; empty: none is said
	CA     string // file of the authority; empty: those of the system

	mutex  sync.Mutex
	roots  []byte
	client *http.Client
}

// Status is an answer that is not what was asked for.
type Status int

func (s Status) Error() string { return fmt.Sprintf("the answer is status %d", int(s)) }

// refused says that what was sent will never be taken, as against by whom or just now.
func refused(err error) bool {
	var status Status
	return errors.As(err, &status) && (status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge)
}

// Do makes a request with the password of the secret. An answer that is no success is an error, of type Status.
func (c *Client) Do(ctx context.Context, method, url string, body io.Reader) ([]byte, error) {
	if c.Secret == "" {
		return c.As(ctx, "", "", method, url, body)
	}
	name, password, err := Password(c.Secret)
	if err != nil {
		return nil, err
	}
	return c.As(ctx, name, password, method, url, body)
}

// As makes a request by a name and a password; without a name, as nobody.
func (c *Client) As(ctx context.Context, name, password, method, url string, body io.Reader) ([]byte, error) {
	client, err := c.trusting()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	if name != "" {
		request.SetBasicAuth(name, password)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if in := From(ctx); in.Trace != "" {
		in.Write(request.Header)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, mostAnswers))
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, Status(response.StatusCode)
	}
	return said, err
}

// trusting gives a client that trusts the authority as the file has it now.
func (c *Client) trusting() (*http.Client, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var roots []byte
	if c.CA != "" {
		var err error
		if roots, err = os.ReadFile(c.CA); err != nil {
			return nil, err
		}
	}
	if c.client != nil && bytes.Equal(roots, c.roots) {
		return c.client, nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(roots) {
			return nil, fmt.Errorf("%s has no certificate", c.CA)
		}
	}
	transport := &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}
	c.client = &http.Client{
		Timeout: patience, Transport: transport,
		// A password goes to who was named, and to nobody that he names.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.roots = roots
	return c.client, nil
}
