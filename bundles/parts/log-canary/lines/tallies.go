package main

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"
)

// tally is what a pod wrote in an hour.
type tally struct {
	Namespace, Pod string
	Hour           time.Time
	Reason         string // of rejected lines; empty for good ones
	Owner          string // the team that the pod's label names
	Lines          int
	Examples       []string
}

// examples is how many lines are shown of a workload and a reason: the latest ones.
const examples = 3

// bucket is one of an aggregation: what it is of, how many lines, and some of them.
type bucket struct {
	Key   struct{ Namespace, Pod, Reason, Owner string }
	Count int `json:"doc_count"`
	Some  struct {
		Hits struct {
			Hits []struct {
				Source struct{ Reject struct{ Raw, Detail string } } `json:"_source"`
			}
		}
	}
}

// hours are an environment's lines by hour. Those of an hour that is long over are not counted again.
type hours struct {
	store       store
	environment string
	kept        map[time.Time][]tally
}

// tallies are the lines since an hour, good and rejected, those of the latest hour first.
func (h *hours) tallies(ctx context.Context, since, now time.Time) ([]tally, error) {
	if h.kept == nil {
		h.kept = map[time.Time][]tally{}
	}
	maps.DeleteFunc(h.kept, func(hour time.Time, _ []tally) bool { return hour.Before(since) })
	var found []tally
	for hour := now.Truncate(time.Hour); !hour.Before(since); hour = hour.Add(-time.Hour) {
		counted, known := h.kept[hour]
		if !known {
			var err error
			if counted, err = h.store.tallies(ctx, h.environment, hour); err != nil {
				return nil, err
			}
			if now.Sub(hour) > 3*time.Hour {
				h.kept[hour] = counted
			}
		}
		found = append(found, counted...)
	}
	return found, nil
}

// tallies are the lines of an environment in an hour, by the clock of who read them.
func (s store) tallies(ctx context.Context, environment string, hour time.Time) ([]tally, error) {
	good, err := s.counted(ctx, fmt.Sprintf("logs-%s-*", environment), environment, hour, false)
	if err != nil {
		return nil, err
	}
	bad, err := s.counted(ctx, fmt.Sprintf("logs-reject-%s-*", environment), environment, hour, true)
	return append(good, bad...), err
}

func (s store) counted(ctx context.Context, index, environment string, hour time.Time, rejected bool) ([]tally, error) {
	composite := map[string]any{"size": 1000}
	sources := []any{terms("Namespace", "kubernetes.namespace"), terms("Pod", "kubernetes.pod.name")}
	lines := map[string]any{"composite": composite}
	if !rejected {
		sources = append(sources, terms("Owner", "labels.owner"))
	} else {
		sources = append(sources, terms("Owner", "reject.owner"), terms("Reason", "reject.reason"))
		lines["aggs"] = map[string]any{"some": map[string]any{"top_hits": map[string]any{"size": examples, "_source": []string{"reject.raw", "reject.detail"},
			"sort": []any{map[string]any{"event.created": map[string]any{"order": "desc", "unmapped_type": "date"}}}}}}
	}
	composite["sources"] = sources
	query := map[string]any{"size": 0, "track_total_hits": false, "aggs": map[string]any{"lines": lines},
		"query": all(map[string]any{"term": map[string]any{"orchestrator.cluster.name": environment}},
			during("event.created", hour, hour.Add(time.Hour)))}
	var found []tally
	for {
		var got struct {
			Aggregations struct {
				Lines struct {
					After   map[string]any `json:"after_key"`
					Buckets []bucket
				}
			}
		}
		if err := s.search(ctx, index, query, &got); err != nil {
			return nil, err
		}
		for _, each := range got.Aggregations.Lines.Buckets {
			found = append(found, each.tally(hour))
		}
		if got.Aggregations.Lines.After == nil {
			return found, nil
		}
		composite["after"] = got.Aggregations.Lines.After
	}
}

func (b bucket) tally(hour time.Time) tally {
	found := tally{b.Key.Namespace, b.Key.Pod, hour, b.Key.Reason, b.Key.Owner, b.Count, nil}
	for _, each := range b.Some.Hits.Hits {
		example := shortened(each.Source.Reject.Raw)
		if why := strings.TrimSpace(each.Source.Reject.Detail); why != "" {
			example = shortened(why) + ": " + example
		}
		found.Examples = append(found.Examples, example)
	}
	return found
}

// shortened is a line as it is shown: its first 300 letters.
func shortened(line string) string {
	if letters := []rune(line); len(letters) > 300 {
		return string(letters[:300]) + "..."
	}
	return line
}
