package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// page is how many documents are asked for at a time: the most that Elasticsearch gives unless told otherwise.
const page = 10000

// store is the log store: an Elasticsearch.
type store struct{ place }

// search asks one index pattern. What does not exist yet is empty, and no error.
func (s store) search(ctx context.Context, index string, query map[string]any, found any) error {
	body, err := json.Marshal(query)
	if err != nil {
		return err
	}
	path := "/" + index + "/_search?ignore_unavailable=true&allow_no_indices=true"
	return s.ask(ctx, path, "application/json", body, into(found))
}

// hit is a document: the values of its fields, whether they are nested or have points in their names.
type hit struct {
	Fields map[string][]any `json:"fields"`
	Sort   []any            `json:"sort"`
}

func (h hit) text(name string) string {
	if values := h.Fields[name]; len(values) > 0 {
		return fmt.Sprint(values[0])
	}
	return ""
}

func (h hit) time(name string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, h.text(name))
	return at
}

// canaryLines are the lines that canaries of the whole site sent in [from, to), page by page.
func (s store) canaryLines(ctx context.Context, from, to time.Time) ([]line, error) {
	var lines []line
	query := map[string]any{
		"size": page, "_source": false, "track_total_hits": false,
		"sort": []any{by("orchestrator.cluster.name", "keyword"), by("canary.node", "keyword"), by("canary.series", "keyword"),
			by("canary.n", "long"), by("event.hash", "keyword")},
		"docvalue_fields": []any{"orchestrator.cluster.name", "canary.node", "canary.series", "canary.n",
			dated("@timestamp"), dated("event.ingested")},
		"query": all(canaries, during("@timestamp", from, to)),
	}
	for {
		var got struct {
			Hits struct{ Hits []hit }
		}
		if err := s.search(ctx, "logs-*", query, &got); err != nil {
			return nil, err
		}
		for _, each := range got.Hits.Hits {
			lines = append(lines, lineOf(each))
		}
		if len(got.Hits.Hits) < page {
			return lines, nil
		}
		query["search_after"] = got.Hits.Hits[page-1].Sort
	}
}

func lineOf(from hit) line {
	n, _ := strconv.ParseFloat(from.text("canary.n"), 64)
	return line{node{from.text("orchestrator.cluster.name"), from.text("canary.node")}, from.text("canary.series"), int64(n),
		from.time("@timestamp"), from.time("event.ingested")}
}

// lastHeard is when each node's canary was heard last, since some time.
func (s store) lastHeard(ctx context.Context, from, to time.Time) (map[node]time.Time, error) {
	nodes := map[string]any{"composite": map[string]any{"size": page,
		"sources": []any{terms("Cluster", "orchestrator.cluster.name"), terms("Node", "canary.node")}},
		"aggs": map[string]any{"last": map[string]any{"max": map[string]any{"field": "@timestamp"}}}}
	var got struct {
		Aggregations struct {
			Nodes struct {
				Buckets []struct {
					Key  node
					Last struct{ Value float64 }
				}
			}
		}
	}
	query := map[string]any{"size": 0, "track_total_hits": false, "aggs": map[string]any{"nodes": nodes},
		"query": all(canaries, during("@timestamp", from, to))}
	if err := s.search(ctx, "logs-*", query, &got); err != nil {
		return nil, err
	}
	found := map[node]time.Time{}
	for _, each := range got.Aggregations.Nodes.Buckets {
		found[each.Key] = time.UnixMilli(int64(each.Last.Value))
	}
	return found, nil
}

var canaries = map[string]any{"term": map[string]any{"canary.probe": probe}}

func all(conditions ...any) map[string]any {
	return map[string]any{"bool": map[string]any{"filter": conditions}}
}

// by sorts by a field; an index that has none of that name yet is of the kind given.
func by(field, kind string) map[string]any {
	return map[string]any{field: map[string]any{"order": "asc", "unmapped_type": kind}}
}

func dated(field string) map[string]any {
	return map[string]any{"field": field, "format": "strict_date_time"}
}

func terms(name, field string) map[string]any {
	return map[string]any{name: map[string]any{"terms": map[string]any{"field": field, "missing_bucket": true}}}
}

func during(field string, from, to time.Time) map[string]any {
	const milliseconds = "2006-01-02T15:04:05.000Z"
	return map[string]any{"range": map[string]any{field: map[string]any{
		"gte": from.UTC().Format(milliseconds), "lt": to.UTC().Format(milliseconds)}}}
}
