package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"
)

// view is the log view: a VictoriaLogs, which keeps twice what comes twice.
type view struct{ place }

// viewed is a line as VictoriaLogs gives it: every value is a text.
type viewed struct {
	Cluster  string    `json:"orchestrator.cluster.name"`
	Node     string    `json:"canary.node"`
	Series   string    `json:"canary.series"`
	N        string    `json:"canary.n"`
	Sent     time.Time `json:"@timestamp"`
	Ingested time.Time `json:"event.ingested"`
}

// asking is the question for canaries' lines in a span of time; the namespace is that of the part log-canary.
const asking = `_time:[%s, %s) {kubernetes.namespace="log-canary"} canary.probe:=%s ` +
	`| fields orchestrator.cluster.name, canary.node, canary.series, canary.n, "@timestamp", event.ingested`

// canaryLines are the lines that canaries of the whole site sent in [from, to).
func (v view) canaryLines(ctx context.Context, from, to time.Time) ([]line, error) {
	query := fmt.Sprintf(asking, from.UTC().Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano), probe)
	var lines []line
	read := func(answer io.Reader) error {
		for each := json.NewDecoder(answer); ; {
			var one viewed
			if err := each.Decode(&one); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			n, err := strconv.ParseInt(one.N, 10, 64)
			if err != nil {
				return fmt.Errorf("a canary's line has the number %q", one.N)
			}
			lines = append(lines, line{node{one.Cluster, one.Node}, one.Series, n, one.Sent, one.Ingested})
		}
	}
	body := url.Values{"query": {query}}.Encode()
	err := v.ask(ctx, "/select/logsql/query", "application/x-www-form-urlencoded", []byte(body), read)
	return lines, err
}
