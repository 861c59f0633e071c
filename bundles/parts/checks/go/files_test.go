package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// registryOf is a registry of so many blobs in a folder of the test; returns their paths, in order of their digests.
func registryOf(t *testing.T, many int) (Site, []string) {
	t.Helper()
	site := siteIn(t, `{"registry":true}`)
	site.Rules.Registry.Folder = t.TempDir()
	var paths []string
	for at := range many {
		text := fmt.Sprint("blob ", at)
		digest := sum(text)
		paths = append(paths, write(t, filepath.Join(site.Rules.Registry.Folder, "docker/registry/v2/blobs/sha256", digest[:2], digest, "data"), text))
	}
	slices.Sort(paths)
	return site, paths
}

func TestEachBlobHasItsTurnWithinAHundredNights(t *testing.T) {
	site, paths := registryOf(t, 250)
	spoiled := paths[0]
	for night := range 84 { // three a night, of 250
		if night == 1 { // its turn is over for this round
			write(t, spoiled, "other")
		}
		found := look(t, registry, site)
		if wanted := night == 83; (found.State == Critical) != wanted {
			t.Fatalf("night %d: %+v", night, found)
		} else if wanted {
			wants(t, found, Critical, "sha256:"+filepath.Base(filepath.Dir(spoiled)))
		}
	}
	wants(t, look(t, registry, site), Critical, filepath.Base(filepath.Dir(spoiled))) // each night, until it is whole again
	if err := os.RemoveAll(filepath.Dir(spoiled)); err != nil {
		t.Fatal(err)
	}
	wants(t, look(t, registry, site), OK, "")
}

func TestABlobThatIsGoneFromItsFolderIsDamaged(t *testing.T) {
	site, paths := registryOf(t, 5)
	site.Rules.Registry.Share = 1
	wants(t, look(t, registry, site), OK, "")
	if err := os.Remove(paths[3]); err != nil {
		t.Fatal(err)
	}
	found := look(t, registry, site)
	wants(t, found, Critical, filepath.Base(filepath.Dir(paths[3])))
	if found.Value != 1 {
		t.Errorf("%+v", found)
	}
	site.Rules.Registry.Folder = t.TempDir()
	if _, err := registry(t.Context(), site, Store{site.Home}, time.Now()); err == nil {
		t.Error("a registry without blobs is well")
	}
}

func TestFilesThatDifferFromWhatWasPutThereAreDrift(t *testing.T) {
	for name, each := range map[string]struct {
		spoil   func(path string) error
		state   State
		subject string
	}{
		"as it was": {func(string) error { return nil }, OK, ""},
		"changed":   {func(path string) error { return os.WriteFile(path, []byte("y"), 0o644) }, Warning, "was changed"},
		"gone":      {os.Remove, Warning, "is gone"},
		"its mode":  {func(path string) error { return os.Chmod(path, 0o666) }, Warning, "another mode"},
		"a link": {func(path string) error {
			return errorsOf(os.Remove(path), os.Symlink("/etc/hostname", path))
		}, Warning, "no file"},
	} {
		site, folder := siteIn(t, "{}"), t.TempDir()
		site.Rules.Drift.Lists = t.TempDir()
		path := write(t, filepath.Join(folder, "a.service"), "x")
		unknown := write(t, filepath.Join(folder, "b"), "of before there were digests")
		text, _ := json.Marshal(map[string]any{"format": 1, "files": []string{path, unknown}, "units": []string{},
			"states": map[string]any{path: map[string]string{"sha256": sum("x"), "mode": "0644"}}})
		write(t, filepath.Join(site.Rules.Drift.Lists, "a.json"), string(text))
		if err := each.spoil(path); err != nil {
			t.Fatal(err)
		}
		found := look(t, drift, site)
		if found.State != each.state || !strings.Contains(found.Subject, each.subject) || found.Value != map[State]float64{Warning: 1}[each.state] {
			t.Errorf("%s: %+v", name, found)
		}
		site.Rules.Drift.Ignore = []string{folder + "/*"}
		wants(t, look(t, drift, site), OK, "")
	}
}

func errorsOf(all ...error) error {
	for _, each := range all {
		if each != nil {
			return each
		}
	}
	return nil
}

func TestListsThatCannotBeReadAreNoGoodNews(t *testing.T) {
	site := siteIn(t, "{}")
	site.Rules.Drift.Lists = t.TempDir()
	for _, text := range []string{"", "{", `{"format":2}`, `[]`} {
		if text != "" {
			write(t, filepath.Join(site.Rules.Drift.Lists, "a.json"), text)
		}
		if found, err := drift(t.Context(), site, Store{site.Home}, time.Now()); err == nil {
			t.Errorf("%q: %+v", text, found)
		}
	}
}

func TestUnitsThatStandStillAreFound(t *testing.T) {
	block := func(active, file string) string {
		return "Id=x\nActiveState=" + active + "\nUnitFileState=" + file + "\n"
	}
	text := strings.Join([]string{block("active", "enabled"), block("failed", "enabled"), block("active", "disabled"), block("inactive", ""), block("activating", "enabled")}, "\n")
	found, err := readUnits(text, []string{"a", "b", "c", "d", "e"})
	if err != nil || !slices.Equal(found, []string{"b does not run", "c does not start with the host", "d does not run"}) {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := readUnits(text, []string{"a"}); err == nil {
		t.Error("more units than were asked for")
	}
}

func TestTheNewestFileOfABackupIsJudged(t *testing.T) {
	for name, each := range map[string]struct {
		files   map[string]string
		hours   float64
		state   State
		subject string
	}{
		"good":          {map[string]string{"b.tar": "whole", "b.tar.sha256": sum("whole") + "  b.tar\n"}, 1, OK, "forge"},
		"none":          {nil, 1, Critical, "there is no"},
		"old":           {map[string]string{"b.tar": "whole", "b.tar.sha256": sum("whole")}, 27, Warning, "newest"},
		"very old":      {map[string]string{"b.tar": "whole", "b.tar.sha256": sum("whole")}, 60, Critical, "newest"},
		"too small":     {map[string]string{"b.tar": "wh", "b.tar.sha256": sum("wh")}, 1, Critical, "too small"},
		"damaged":       {map[string]string{"b.tar": "whale", "b.tar.sha256": sum("whole")}, 1, Critical, "is not what was written"},
		"without a sum": {map[string]string{"b.tar": "whole"}, 1, Critical, "has no sum"},
	} {
		folder := t.TempDir()
		for file, text := range each.files {
			when := time.Now().Add(-time.Duration(each.hours * float64(time.Hour)))
			if err := os.Chtimes(write(t, filepath.Join(folder, file), text), when, when); err != nil {
				t.Fatal(err)
			}
		}
		site := siteIn(t, `{"host":"cp-1"}`)
		site.Rules.Backups = map[string]BackupRule{
			"forge": {Host: "cp-1", Files: folder + "/*.tar*", MaxAgeHours: 26, MinBytes: 3, Checksum: ".sha256"},
			"other": {Host: "cp-2", Files: "/nowhere/*", MaxAgeHours: 26},
		}
		for range 2 { // the second look does not read what it found right, and still says what is wrong
			if found := look(t, backups, site); found.State != each.state || !strings.Contains(found.Subject, each.subject) {
				t.Errorf("%s: %+v", name, found)
			}
		}
	}
}

func TestABackupIsToldOfWhole(t *testing.T) {
	site := siteIn(t, `{"host":"cp-1","rules":{"backups":{"forge":{"host":"cp-1","files":"b.tar","max_age_hours":26}}}}`)
	if _, err := backups(t.Context(), site, Store{site.Home}, time.Now()); err == nil || !strings.Contains(err.Error(), "forge") {
		t.Error(err)
	}
}
