package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// siteIn is a site whose checks keep what they keep in a folder of the test, with the rules that the program brings.
func siteIn(t *testing.T, said string) Site {
	t.Helper()
	site, err := readSite(write(t, filepath.Join(t.TempDir(), "checks.json"), said))
	if err != nil {
		t.Fatal(err)
	}
	site.Home = t.TempDir()
	return site
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// look runs a check, and fails where it cannot judge.
func look(t *testing.T, what check, site Site) Finding {
	t.Helper()
	found, err := what(context.Background(), site, Store{site.Home}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wants(t *testing.T, found Finding, state State, subject string) {
	t.Helper()
	if found.State != state || !strings.Contains(found.Subject, subject) {
		t.Errorf("%+v, and wanted: %s about %q", found, stateNames[state], subject)
	}
	if (found.Remedy == "") != (state == OK) {
		t.Errorf("state %s with the remedy %q", stateNames[state], found.Remedy)
	}
}

func ran(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestEachResultIsOneLineAndAFileOfFigures(t *testing.T) {
	home := t.TempDir()
	config := write(t, filepath.Join(t.TempDir(), "checks.json"), `{"home":"`+home+`","host":"cp-1","rules":{"backups":
		{"forge":{"host":"cp-1","files":"`+home+`/*.tar","max_age_hours":26}}}}`)
	code, out, errs := ran(t, "--config", config, "backups")
	var line map[string]any
	if err := json.Unmarshal([]byte(out), &line); err != nil || code != 2 || errs != "" {
		t.Fatalf("code %d, %q, %q: %v", code, out, errs, err)
	}
	for _, name := range []string{"check", "state", "value", "limit", "since", "remedy", "subject", "unit"} {
		if line[name] == nil || line[name] == "" {
			t.Errorf("no %s in %s", name, out)
		}
	}
	figures, err := os.ReadFile(filepath.Join(home, "textfile", "sitewright_check_backups.prom"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{
		"\nsitewright_check_state{check=\"backups\"} 2\n", "\nsitewright_check_interval_seconds{check=\"backups\"} 3600\n",
		"\nsitewright_check_limit{check=\"backups\",unit=\"hours old\"} 26\n", "\nsitewright_check_last_run_timestamp_seconds{check=\"backups\"} ",
	} {
		if !strings.Contains(string(figures), wanted) {
			t.Errorf("no %q in:\n%s", wanted, figures)
		}
	}
	write(t, filepath.Join(home, "a.tar"), "x")
	if code, out, _ = ran(t, "--config", config, "backups"); code != 0 {
		t.Errorf("code %d: %s", code, out)
	}
	if code, shown, _ := ran(t, "--config", config, "show"); code != 0 || shown != out {
		t.Errorf("code %d: %q, and the last run said %q", code, shown, out)
	}
}

func TestAMistakeInTheConfigurationIsCriticalAndSaid(t *testing.T) {
	config := write(t, filepath.Join(t.TempDir(), "checks.json"), `{"home":"`+t.TempDir()+`","rules":{"disks":{"warning_weeks":2}}}`)
	code, out, _ := ran(t, "--config", config, "disks")
	if code != 2 || !strings.Contains(out, "warning_weeks") {
		t.Errorf("code %d: %s", code, out)
	}
}

func TestACallThatNamesNoCheckHasACodeOfItsOwn(t *testing.T) {
	for _, args := range [][]string{{}, {"nothing"}, {"disks", "clock"}, {"--frob", "disks"}} {
		config := write(t, filepath.Join(t.TempDir(), "checks.json"), "{}")
		if code, _, errs := ran(t, append([]string{"--config", config}, args...)...); code != misused || !strings.Contains(errs, "certificates") {
			t.Errorf("%v: code %d, %q", args, code, errs)
		}
	}
}

func TestWhatIsNotOnThisHostLeavesNoFigures(t *testing.T) {
	home := t.TempDir()
	config := write(t, filepath.Join(t.TempDir(), "checks.json"), `{"home":"`+home+`"}`)
	for _, name := range []string{"registry", "etcd-snapshot", "etcd-backup", "backups"} {
		if code, out, _ := ran(t, "--config", config, name); code != 0 || out != "" {
			t.Errorf("%s: code %d, %q", name, code, out)
		}
	}
	if left, _ := os.ReadDir(home); len(left) > 0 {
		t.Errorf("%v was left", left)
	}
}

func TestACheckThatBreaksOffIsCritical(t *testing.T) {
	for _, broken := range []check{
		func(context.Context, Site, Store, time.Time) (Finding, error) { panic("index") },
		func(context.Context, Site, Store, time.Time) (Finding, error) { return Finding{}, errors.New("index") },
	} {
		checks["broken"] = broken
		t.Cleanup(func() { delete(checks, "broken") })
		config := write(t, filepath.Join(t.TempDir(), "checks.json"), `{"home":"`+t.TempDir()+`"}`)
		if code, out, _ := ran(t, "--config", config, "broken"); code != 2 || !strings.Contains(out, "index") {
			t.Errorf("code %d: %s", code, out)
		}
	}
}

func TestSinceIsKeptAsLongAsTheStateIs(t *testing.T) {
	store, start := Store{t.TempDir()}, time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		hour, since int
		state       State
	}{{0, 0, OK}, {1, 0, OK}, {2, 2, Critical}, {3, 2, Critical}, {4, 4, Warning}, {5, 5, OK}} {
		now := start.Add(time.Duration(step.hour) * time.Hour)
		result := store.settle("x", Finding{State: step.state}, now)
		if wanted := start.Add(time.Duration(step.since) * time.Hour); !result.Since.Equal(wanted) {
			t.Errorf("hour %d: since %s", step.hour, result.Since)
		}
		if err := store.keep(result, 60, now); err != nil {
			t.Fatal(err)
		}
	}
	write(t, store.path("x"), "{half")
	if result := store.settle("x", Finding{}, start); !result.Since.Equal(start) {
		t.Errorf("damaged: since %s", result.Since)
	}
}

func TestLabelsAreQuotedAsTheTextFormatHasIt(t *testing.T) {
	if found := quoted("a\\b\"c\nd\xff"); found != `"a\\b\"c\nd?"` {
		t.Error(found)
	}
}
