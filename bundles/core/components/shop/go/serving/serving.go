// Package serving has what every server of the shop does: how it ends, and what it remembers of an answer.
package serving

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const finishing = 10 * time.Second // for the requests that are under way when a server is told to stop

// Until answers by listen, which is one of the server's own, until it is told to stop; then it finishes the requests that are
// under way.
func Until(ctx context.Context, server *http.Server, listen func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- listen() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), finishing)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Answer remembers the status of an answer.
type Answer struct {
	http.ResponseWriter
	Code int
}

// Remembering is the writer of an answer whose status is 200 unless another is written.
func Remembering(w http.ResponseWriter) *Answer {
	return &Answer{ResponseWriter: w, Code: http.StatusOK}
}

// WriteHeader writes the status, and remembers it.
func (a *Answer) WriteHeader(code int) {
	a.Code = code
	a.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach what is below.
func (a *Answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
