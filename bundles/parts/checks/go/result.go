package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// State is how a check ended, and the exit code of the program.
type State int

// A critical state is one that somebody has to look at now.
const (
	OK State = iota
	Warning
	Critical
)

var stateNames = []string{"ok", "warning", "critical"}

// MarshalText writes a state by its name.
func (s State) MarshalText() ([]byte, error) { return []byte(stateNames[s]), nil }

// UnmarshalText reads a state by its name.
func (s *State) UnmarshalText(text []byte) error {
	for at, name := range stateNames {
		if name == string(text) {
			*s = State(at)
			return nil
		}
	}
	return fmt.Errorf("%q is no state", text)
}

// Finding is what a check saw: the worst of all that it looked at. Subject names it, and holds no figures that change
// from one run to the next, for alerts show it.
type Finding struct {
	State   State   `json:"state"`
	Value   float64 `json:"value"`
	Limit   float64 `json:"limit"`
	Unit    string  `json:"unit"`
	Subject string  `json:"subject"`
	Remedy  string  `json:"remedy"`
}

// Result is a finding with its check's name, and the time since which the state is what it is.
type Result struct {
	Check string `json:"check"`
	Finding
	Since time.Time `json:"since"`
}

// worst is the finding of the highest state; of several, the first.
func worst(found []Finding) Finding {
	top := found[0]
	for _, each := range found[1:] {
		if each.State > top.State {
			top = each
		}
	}
	return top
}

func say(out, errs io.Writer, what any) int {
	line, err := json.Marshal(what)
	if err != nil {
		fmt.Fprintln(errs, "sitewright-check:", err)
		return int(Critical)
	}
	fmt.Fprintf(out, "%s\n", line)
	return 0
}

// Store is the folder in which checks keep their last results, what they remember, and the figures for node_exporter.
type Store struct{ Home string }

func (s Store) path(name string) string { return filepath.Join(s.Home, "state", name+".json") }

// figures is the folder that node_exporter reads.
func (s Store) figures() string { return filepath.Join(s.Home, "textfile") }

// settle gives a finding its `since`: that of the last result where the state is the same.
func (s Store) settle(check string, found Finding, now time.Time) Result {
	since := now
	if last, ok := s.last(check); ok && last.State == found.State && last.Since.Before(now) {
		since = last.Since
	}
	return Result{Check: check, Finding: found, Since: since.UTC().Truncate(time.Second)}
}

func (s Store) last(check string) (Result, bool) {
	var result Result
	return result, s.recall(check, &result) && result.Check == check
}

// keep writes the result and its figures, each whole or not at all.
func (s Store) keep(result Result, interval int, now time.Time) error {
	return errors.Join(
		s.remember(result.Check, result),
		replace(filepath.Join(s.figures(), "sitewright_check_"+result.Check+".prom"), []byte(figures(result, interval, now)), 0o644),
	)
}

// remember keeps something under a name.
func (s Store) remember(name string, what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return replace(s.path(name), text, 0o600)
}

// recall reads what was kept under a name. What is not there, or damaged, counts as never kept.
func (s Store) recall(name string, into any) bool {
	text, err := os.ReadFile(s.path(name))
	return err == nil && json.Unmarshal(text, into) == nil
}

// figures is a result in Prometheus' text format.
func figures(result Result, interval int, now time.Time) string {
	var text strings.Builder
	figure := func(name, help, label string, value float64) {
		fmt.Fprintf(&text, "# HELP sitewright_check_%s %s\n# TYPE sitewright_check_%s gauge\n", name, help, name)
		fmt.Fprintf(&text, "sitewright_check_%s{check=%s%s} %g\n", name, quoted(result.Check), label, value)
	}
	figure("state", "0 ok, 1 warning, 2 critical.", "", float64(result.State))
	figure("value", "What the check measured of the worst that it saw.", ",unit="+quoted(result.Unit), result.Value)
	figure("limit", "The limit that it is judged by.", ",unit="+quoted(result.Unit), result.Limit)
	figure("subject", "Always 1; the label says what the check is about, and what to do.",
		",subject="+quoted(result.Subject)+",remedy="+quoted(result.Remedy), 1)
	figure("interval_seconds", "How often the check should run.", "", float64(interval))
	fmt.Fprintf(&text, "# HELP sitewright_check_last_run_timestamp_seconds When the check ran last.\n"+
		"# TYPE sitewright_check_last_run_timestamp_seconds gauge\n"+
		"sitewright_check_last_run_timestamp_seconds{check=%s} %d\n", quoted(result.Check), now.Unix())
	return text.String()
}

// quoted is a label's value as the text format has it.
func quoted(value string) string {
	value = strings.ToValidUTF8(value, "?")
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}

// replace writes a file by another one beside it, so that readers see the old or the new one. Node_exporter reads names
// that end in .prom alone.
func replace(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(content)
	if err := errors.Join(err, part.Chmod(mode), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
