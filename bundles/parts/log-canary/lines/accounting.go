package main

import (
	"math"
	"sort"
	"time"
)

// node is a node of one cluster of the site.
type node struct{ Cluster, Node string }

// line is a canary's line as a store has it.
type line struct {
	node
	Series   string
	N        int64
	Sent     time.Time
	Ingested time.Time
}

// account says what became of a node's lines in a span of time.
type account struct {
	Seen, Lost, Twice, Late int
	// P50 and P99 are seconds from a line's own time to that at which the pipeline took it in; NaN without lines.
	P50, P99 float64
	// Last is the time of the latest line, whenever it was.
	Last time.Time
}

// accounts keeps the books of every node for lines sent in [from, to).
//
// Lines may be older than from: a gap is seen between the lines before and after it, and each missing line belongs to
// where it would have been sent, in equal steps between the two. What is missing at the beginning of a series is
// counted from when the series began, which its name says. What comes after the last line of a series is unknown: its
// canary may have ended there. Last tells how long ago that was.
func accounts(lines []line, from, to time.Time, late time.Duration) map[node]account {
	delays := map[node][]float64{}
	found := map[node]account{}
	for _, series := range bySeries(lines) {
		of := series[0].node
		books := found[of]
		before := line{N: 0, Sent: began(series[0].Series, series[0].Sent)}
		for _, each := range series {
			inside := !each.Sent.Before(from) && each.Sent.Before(to)
			switch {
			case each.N == before.N && inside:
				books.Twice++
			case each.N > before.N+1:
				books.Lost += missing(before, each, from, to)
			}
			if inside && each.N != before.N {
				books.Seen++
				delay := each.Ingested.Sub(each.Sent)
				delays[of] = append(delays[of], delay.Seconds())
				if delay > late {
					books.Late++
				}
			}
			if each.Sent.After(books.Last) {
				books.Last = each.Sent
			}
			before = each
		}
		found[of] = books
	}
	for of, books := range found {
		books.P50, books.P99 = quantile(delays[of], 0.5), quantile(delays[of], 0.99)
		found[of] = books
	}
	return found
}

// bySeries divides lines by the series that they belong to, each in its order.
func bySeries(lines []line) [][]line {
	type key struct {
		node
		series string
	}
	divided := map[key][]line{}
	for _, each := range lines {
		at := key{each.node, each.Series}
		divided[at] = append(divided[at], each)
	}
	found := make([][]line, 0, len(divided))
	for _, series := range divided {
		sort.Slice(series, func(a, b int) bool {
			if series[a].N != series[b].N {
				return series[a].N < series[b].N
			}
			return series[a].Ingested.Before(series[b].Ingested)
		})
		found = append(found, series)
	}
	return found
}

// began is when a series began; the time of its first line where its name says none.
func began(series string, first time.Time) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, series); err == nil && !at.After(first) {
		return at
	}
	return first
}

// missing counts the lines between two that would have been sent in [from, to).
func missing(before, after line, from, to time.Time) int {
	count := 0
	step := after.Sent.Sub(before.Sent) / time.Duration(after.N-before.N)
	for n := before.N + 1; n < after.N; n++ {
		at := before.Sent.Add(step * time.Duration(n-before.N))
		if !at.Before(from) && at.Before(to) {
			count++
		}
	}
	return count
}

// quantile is the smallest of values that this share of them does not exceed; NaN of none.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sort.Float64s(values)
	return values[max(0, int(math.Ceil(share*float64(len(values))))-1)]
}
