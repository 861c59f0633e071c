// Command store-gate stands between rsyslog and the stores, in the same pod. rsyslog takes whatever HTTP answers for an
// answer: it would drop the lines that a store refuses with 401, or that a proxy answers with 503 while the store starts.
// Here such an answer becomes a broken connection, after which rsyslog keeps its lines and tries again.
//
// It also does what rsyslog cannot: names, passwords and the authority's certificate are read anew while it runs; numbers are
// written as JSON has them; and a line that the store will not have, as it does not fit what is there under the same names,
// goes to the rejected ones with what the store says of it.
package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"
)

// Settings are what the file named by the first argument says.
type Settings struct {
	// Health is where the kubelet asks whether the stores answer.
	Health string  `json:"health"`
	CA     string  `json:"ca"`
	Routes []Route `json:"routes"`
}

// Route is one store, and where rsyslog finds it.
type Route struct {
	Listen string `json:"listen"`
	To     string `json:"to"`
	// Credentials is a folder with the files username and password.
	Credentials string            `json:"credentials"`
	Headers     map[string]string `json:"headers"`
	// Check is the path that is asked to see whether the store answers.
	Check   string  `json:"check"`
	Refused Refused `json:"refused"`
}

// Refused says what is kept of a line that the store will not have: the first Raw bytes, where no secret stands behind one of
// the Masked words. With Raw 0 nothing is kept.
type Refused struct {
	Raw    int      `json:"raw"`
	Masked []string `json:"masked"`
}

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: named})))
	if len(os.Args) != 2 {
		fail("say the file of settings", nil)
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail("settings cannot be read", err)
	}
	var settings Settings
	if err := json.Unmarshal(text, &settings); err != nil {
		fail("settings in "+os.Args[1]+" are no JSON of this form", err)
	}
	gates := []*Gate{}
	for _, route := range settings.Routes {
		gate, err := NewGate(route, settings.CA)
		if err != nil {
			fail("no way to "+route.To, err)
		}
		gates = append(gates, gate)
		go serve(route.Listen, gate)
	}
	serve(settings.Health, health(gates))
}

func serve(address string, handler http.Handler) {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(quiet{}, slog.LevelDebug)}
	fail("cannot listen at "+address, server.ListenAndServe())
}

// health answers 200 when every store does, and else says which one does not, and why.
func health(gates []*Gate) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		for _, gate := range gates {
			if err := gate.Check(request.Context()); err != nil {
				http.Error(answer, gate.to.Host+": "+err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		_, _ = answer.Write([]byte("ok\n"))
	})
}

// named gives log lines the names that the site's lines have.
func named(_ []string, attribute slog.Attr) slog.Attr {
	switch attribute.Key {
	case slog.TimeKey:
		attribute.Key = "@timestamp"
	case slog.LevelKey:
		attribute.Key = "log.level"
	case slog.MessageKey:
		attribute.Key = "message"
	}
	return attribute
}

func fail(what string, err error) {
	slog.Error(what, "error.message", err)
	os.Exit(1)
}
