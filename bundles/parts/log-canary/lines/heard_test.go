package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func (k keeps) canaryLines(context.Context, time.Time, time.Time) ([]line, error) {
	return k.lines, k.err
}

func looked(t *testing.T, nodes int, of map[string]keeper) (string, error) {
	t.Helper()
	how := hearing{[]string{"production"}, nodes, 2 * time.Minute, 20 * time.Second, time.Minute}
	return how.look(t.Context(), of, hour.Add(time.Minute))
}

func TestCanariesThatAreHeardEverywhereAreCounted(t *testing.T) {
	said, err := looked(t, 1, map[string]keeper{"store": keeps{lines: sent(10, 1, 2, 3)}, "view": keeps{lines: sent(10, 1, 2, 2, 3)}})
	if err != nil || !strings.HasSuffix(said, "\ncanaries of 1 nodes are heard: 6 lines, 0 lost, 0 late, 1 twice") {
		t.Fatal(said, err)
	}
}

func TestWhoeverIsNotHeardSomewhereIsNamed(t *testing.T) {
	_, err := looked(t, 2, map[string]keeper{"store": keeps{lines: sent(10, 1, 2, 3)}})
	if err == nil || err.Error() != "1 of 2 nodes of production are heard in the log store" {
		t.Fatal(err)
	}
	_, err = looked(t, 1, map[string]keeper{"store": keeps{lines: sent(10, 1)}, "view": keeps{}})
	if err == nil || err.Error() != "0 of 1 nodes of production are heard in the log view" {
		t.Fatal(err)
	}
}

func TestALostLineIsNoProof(t *testing.T) {
	if _, err := looked(t, 1, map[string]keeper{"store": keeps{lines: sent(10, 1, 3)}}); err == nil || err.Error() != "1 lines are lost" {
		t.Fatal(err)
	}
	if _, err := looked(t, 1, map[string]keeper{"store": keeps{err: errors.New("away")}}); err == nil || err.Error() != "log store: away" {
		t.Fatal(err)
	}
}
