package main

import (
	"math"
	"testing"
	"time"
)

var hour = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
var here = node{"production", "n1"}

// sent are lines of a series that began so many seconds after the hour, each a second after the one before.
func sent(began int, numbers ...int64) []line {
	start := hour.Add(time.Duration(began) * time.Second)
	var lines []line
	for _, n := range numbers {
		at := start.Add(time.Duration(n-1) * time.Second)
		lines = append(lines, line{here, start.Format(time.RFC3339Nano), n, at, at.Add(2 * time.Second)})
	}
	return lines
}

func books(t *testing.T, lines []line) account {
	t.Helper()
	return accounts(lines, hour, hour.Add(time.Hour), time.Minute)[here]
}

func TestNothingIsLostOfAWholeSeries(t *testing.T) {
	got := books(t, sent(10, 3, 1, 2, 4))
	if got.Seen != 4 || got.Lost != 0 || got.Twice != 0 || got.Late != 0 || got.P50 != 2 || got.P99 != 2 {
		t.Fatal(got)
	}
	if !got.Last.Equal(hour.Add(13 * time.Second)) {
		t.Fatal(got.Last)
	}
}

func TestGapsAreLost(t *testing.T) {
	if got := books(t, sent(10, 1, 2, 5, 6, 9)); got.Lost != 4 || got.Seen != 5 {
		t.Fatal(got)
	}
}

func TestWhatIsMissingAtTheBeginningOfASeriesIsLost(t *testing.T) {
	if got := books(t, sent(10, 4, 5)); got.Lost != 3 {
		t.Fatal(got)
	}
}

func TestARestartLosesNothing(t *testing.T) {
	if got := books(t, append(sent(10, 1, 2, 3), sent(30, 1, 2)...)); got.Lost != 0 || got.Seen != 5 {
		t.Fatal(got)
	}
}

func TestALineThatIsThereAgainIsCountedOnce(t *testing.T) {
	if got := books(t, sent(10, 1, 2, 2, 2, 3)); got.Twice != 2 || got.Seen != 3 || got.Lost != 0 {
		t.Fatal(got)
	}
}

func TestWhatIsOutsideTheSpanCountsOnlyAsTheEdgeOfAGap(t *testing.T) {
	// Begins 10 s before the hour: 1..10 are before it. Of the gap 8..13, numbers 11, 12 and 13 are in it.
	got := books(t, sent(-10, 5, 6, 7, 7, 14, 15))
	if got.Lost != 3 || got.Seen != 2 || got.Twice != 0 {
		t.Fatal(got)
	}
	before := accounts(sent(-10, 5, 6, 7, 7, 14, 15), hour.Add(-time.Hour), hour, time.Minute)[here]
	if before.Lost != 4+3 || before.Seen != 3 || before.Twice != 1 {
		t.Fatal(before)
	}
}

func TestLateLinesAreCountedByTheirDelay(t *testing.T) {
	lines := sent(10, 1, 2, 3, 4)
	lines[1].Ingested = lines[1].Sent.Add(61 * time.Second)
	lines[2].Ingested = lines[2].Sent.Add(60 * time.Second)
	got := books(t, lines)
	if got.Late != 1 || got.P50 != 2 || got.P99 != 61 {
		t.Fatal(got)
	}
}

func TestNodesOfOneNameInTwoClustersAreTwo(t *testing.T) {
	lines := sent(10, 1, 2)
	for _, each := range sent(10, 1, 3) {
		each.Cluster = "testing"
		lines = append(lines, each)
	}
	got := accounts(lines, hour, hour.Add(time.Hour), time.Minute)
	if got[here].Lost != 0 || got[node{"testing", "n1"}].Lost != 1 {
		t.Fatal(got)
	}
}

func TestOfNothingThereIsNoDelay(t *testing.T) {
	got := accounts(sent(-100, 1), hour, hour.Add(time.Hour), time.Minute)[here]
	if !math.IsNaN(got.P50) || got.Seen != 0 || got.Last.IsZero() {
		t.Fatal(got)
	}
}
