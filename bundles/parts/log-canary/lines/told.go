package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// socket is where the report's own program is asked, from its pod alone.
const socket = "127.0.0.1:8081"

// telling serves who proves the report: it prints a line that breaks the contract, and judges anew.
func telling(look func() (map[string]string, error)) error {
	paths := http.NewServeMux()
	paths.HandleFunc("POST /line", func(to http.ResponseWriter, from *http.Request) {
		if number := from.URL.Query().Get("id"); number != "" {
			fmt.Fprintf(os.Stdout, "a line that is no JSON, to be told of: %s\n", number)
		}
	})
	paths.HandleFunc("POST /look", func(to http.ResponseWriter, _ *http.Request) {
		written, err := look()
		if err != nil {
			http.Error(to, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(to, written["report.json"])
	})
	server := &http.Server{Addr: socket, Handler: paths, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// told proves that a line which breaks the contract is told to its team with its reason.
func told(ctx context.Context, argv []string) error {
	flags := flag.NewFlagSet("told", flag.ContinueOnError)
	team := flags.String("team", "platform", "the team that is to hear of it")
	if err := flags.Parse(argv); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 50*time.Second)
	defer cancel()
	begin, number := time.Now(), strings.ToLower(rand.Text())
	if _, err := post(ctx, "/line?id="+number); err != nil {
		return err
	}
	last := errors.New("nothing was looked at")
	for ctx.Err() == nil {
		var written []byte
		if written, last = post(ctx, "/look"); last == nil {
			if last = tells(written, *team, number); last == nil {
				fmt.Printf("a line that is no JSON was told to the team %s, as not_json, after %.1f s\n", *team, time.Since(begin).Seconds())
				return nil
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
	return fmt.Errorf("the line %s is not in the report; last: %w", number, last)
}

// tells is an error unless a report shows the line of a number to a team, and why it was rejected.
func tells(written []byte, team, number string) error {
	var report struct{ Workloads []verdict }
	if err := json.Unmarshal(written, &report); err != nil {
		return err
	}
	for _, each := range report.Workloads {
		for _, example := range each.Examples["not_json"] {
			if each.Owner == team && strings.Contains(example, number) {
				return nil
			}
		}
	}
	return fmt.Errorf("%d workloads are in it, and the line is of none of them", len(report.Workloads))
}

func post(ctx context.Context, path string) ([]byte, error) {
	asked, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+socket+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(asked)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", answer.Status, said)
	}
	return said, err
}
