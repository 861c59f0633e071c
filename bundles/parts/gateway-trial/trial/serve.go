package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// judging is where the gateway asks whether a caller may pass, and where the kubelet asks for health.
	judging = ":8080"
	// answering is the back end's own port, which dies and lives again by what `control` is told.
	answering = ":8081"
	// control hears who is in the same pod alone.
	control = "127.0.0.1:8079"
)

// serve judges tokens and answers as a back end, until it is killed.
func serve(tokenFile string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	behind := &backEnd{address: answering, handler: greeting(name)}
	if err := behind.live(); err != nil {
		return err
	}
	failed := make(chan error)
	for address, handler := range map[string]http.Handler{judging: judge(tokenFile), control: orders(behind)} {
		server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		go func() { failed <- server.ListenAndServe() }()
	}
	return <-failed
}

// greeting answers everything with the name of the pod.
func greeting(name string) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(answer, name) })
}

// judge lets pass whoever says the token, and tells everybody that it is well. The token is read anew for each request.
func judge(tokenFile string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/judge", func(answer http.ResponseWriter, request *http.Request) {
		token, err := os.ReadFile(tokenFile)
		said, found := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer ")
		switch {
		case err != nil || len(token) == 0:
			http.Error(answer, "the token cannot be read", http.StatusServiceUnavailable)
		case !found || subtle.ConstantTimeCompare([]byte(said), token) != 1:
			answer.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(answer, "who are you?", http.StatusUnauthorized)
		}
	})
	return mux
}

// orders has the back end die or live: POST /die and POST /live.
func orders(behind *backEnd) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /die", func(http.ResponseWriter, *http.Request) { behind.die() })
	mux.HandleFunc("POST /live", func(answer http.ResponseWriter, _ *http.Request) {
		if err := behind.live(); err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

// backEnd is a server that can be killed as a program is: its port closes, and what it was answering is never finished.
type backEnd struct {
	address string
	handler http.Handler
	guard   sync.Mutex
	server  *http.Server
}

func (b *backEnd) live() error {
	b.guard.Lock()
	defer b.guard.Unlock()
	if b.server != nil {
		return nil
	}
	listener, err := net.Listen("tcp", b.address)
	if err != nil {
		return err
	}
	b.server = &http.Server{Handler: b.handler, ReadHeaderTimeout: 5 * time.Second}
	go func(server *http.Server) {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "gateway-trial: "+err.Error())
			os.Exit(1)
		}
	}(b.server)
	return nil
}

func (b *backEnd) die() {
	b.guard.Lock()
	defer b.guard.Unlock()
	if b.server != nil {
		_ = b.server.Close()
		b.server = nil
	}
}
