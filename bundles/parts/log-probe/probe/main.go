// Command log-probe proves that what a program prints is found: `log-probe serve` runs in a pod and prints a line when it
// is told to; `log-probe find`, run in the same pod, has it print one and looks for it in the log store and the log view.
// `log-probe print RUN LINES RATE` is the load of trials: so many numbered lines, so many a second, and then it waits.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const socket = "127.0.0.1:8080"

func main() {
	var err error
	switch words := os.Args[1:]; {
	case len(words) == 1 && words[0] == "serve":
		err = serve()
	case len(words) == 1 && words[0] == "find":
		err = find()
	case len(words) == 4 && words[0] == "print":
		err = load(os.Stdout, words[1], words[2], words[3])
	default:
		err = fmt.Errorf("say `serve`, `find`, or `print RUN LINES RATE`")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "log-probe: "+err.Error())
		os.Exit(1)
	}
}

// line is what is printed: a good line of a site, with a number by which it is found.
type line struct {
	Time    time.Time `json:"@timestamp"`
	Level   string    `json:"log.level"`
	Message string    `json:"message"`
	Number  string    `json:"probe.id"`
}

// serve prints a line for each number that it is sent, from this pod alone.
func serve() error {
	listener, err := net.Listen("tcp", socket)
	if err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(
		func(answer http.ResponseWriter, request *http.Request) {
			number := request.URL.Query().Get("id")
			if request.Method != http.MethodPost || number == "" {
				http.Error(answer, "POST /?id=NUMBER", http.StatusBadRequest)
				return
			}
			_ = output.Encode(line{time.Now().UTC(), "info", "a line to be found", number})
		})}
	return server.Serve(listener)
}

// find has a line printed, and gives up when it is not found everywhere within a minute, or is found twice.
func find() error {
	settings, err := settingsOf(os.Getenv)
	if err != nil {
		return err
	}
	places := settings.places()
	for _, place := range places {
		if err := place.refuses(); err != nil {
			return err
		}
	}
	number := strings.ToLower(rand.Text())
	response, err := http.Post("http://"+socket+"/?id="+number, "text/plain", nil)
	if err != nil {
		return err
	}
	response.Body.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 55*time.Second)
	defer cancel()
	said := []string{}
	begin := time.Now()
	for _, place := range places {
		if err := place.awaited(ctx, number); err != nil {
			return err
		}
		said = append(said, fmt.Sprintf("in the %s after %.1f s", place.name, time.Since(begin).Seconds()))
	}
	// One that comes twice comes soon.
	time.Sleep(2 * time.Second)
	for _, place := range places {
		if err := place.once(context.Background(), number); err != nil {
			return err
		}
	}
	fmt.Printf("a line of %s found once %s; a wrong password and none are refused\n", settings.cluster, strings.Join(said, ", "))
	return nil
}
