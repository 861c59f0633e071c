package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// DriftRules say where the lists of what stands on this host are.
type DriftRules struct {
	Lists  string   `json:"lists"`
	Ignore []string `json:"ignore"` // patterns of paths and units that may differ
}

// list is what sitewright has noted of what a component brought to this host.
type list struct {
	Format int
	Files  []string
	Units  []string
	States map[string]struct{ SHA256, Mode string }
}

// drift compares the files and units that were put on this host with what stands there.
func drift(ctx context.Context, site Site, _ Store, _ time.Time) (Finding, error) {
	rules := site.Rules.Drift
	lists, err := filepath.Glob(filepath.Join(rules.Lists, "*.json"))
	if err != nil || len(lists) == 0 {
		return Finding{}, errors.Join(err, fmt.Errorf("there are no lists in %s", rules.Lists))
	}
	var changed, down []string
	for _, path := range lists {
		text, err := os.ReadFile(path)
		if err != nil {
			return Finding{}, err
		}
		var noted list
		if err := json.Unmarshal(text, &noted); err != nil || noted.Format != 1 {
			return Finding{}, fmt.Errorf("%s is of another form than this program knows", path)
		}
		ignored := func(each string) bool { return matches(rules.Ignore, each) }
		files, err := changes(ctx, slices.DeleteFunc(noted.Files, ignored), noted)
		if err != nil {
			return Finding{}, err
		}
		units, err := standstills(ctx, slices.DeleteFunc(noted.Units, ignored))
		if err != nil {
			return Finding{}, err
		}
		changed, down = append(changed, files...), append(down, units...)
	}
	found := Finding{Value: float64(len(changed) + len(down)), Unit: "differences", Subject: rules.Lists}
	switch {
	case len(down) > 0:
		found.State, found.Subject = Critical, down[0]
		found.Remedy = "see `systemctl status` and `journalctl -u` of it; `sitewright install` starts it again"
	case len(changed) > 0:
		found.State, found.Subject = Warning, changed[0]
		found.Remedy = "find out who changed it and why; `sitewright plan` shows all, `sitewright install` puts it back as it should be"
	}
	return found, nil
}

// changes are the files that are gone or other ones than those that were put there.
func changes(ctx context.Context, paths []string, noted list) ([]string, error) {
	var found []string
	for _, path := range paths {
		about, err := os.Lstat(path)
		wanted, known := noted.States[path]
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found = append(found, path+" is gone")
			continue
		case err != nil:
			return nil, err
		case !about.Mode().IsRegular():
			found = append(found, path+" is no file any more")
			continue
		case !known: // noted by an earlier sitewright, which kept no digests
			continue
		case fmt.Sprintf("%04o", about.Mode().Perm()) != wanted.Mode:
			found = append(found, path+" has another mode")
			continue
		}
		digest, err := hashed(ctx, path)
		if err != nil {
			return nil, err
		}
		if digest != wanted.SHA256 {
			found = append(found, path+" was changed")
		}
	}
	return found, nil
}

// standstills are the units that do not run, or would not after a reboot.
func standstills(ctx context.Context, units []string) ([]string, error) {
	if len(units) == 0 {
		return nil, nil
	}
	asked := append([]string{"show", "--property=Id,ActiveState,UnitFileState"}, units...)
	text, answers := said(ctx, "systemctl", asked...)
	if !answers {
		return nil, errors.New("systemctl does not answer")
	}
	return readUnits(text, units)
}

func readUnits(text string, units []string) ([]string, error) {
	blocks := strings.Split(strings.TrimSpace(text), "\n\n")
	if len(blocks) != len(units) {
		return nil, fmt.Errorf("systemctl tells of %d units where %d were asked for", len(blocks), len(units))
	}
	var found []string
	for at, block := range blocks {
		state := map[string]string{}
		for line := range strings.Lines(block) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			state[name] = value
		}
		if running := []string{"active", "activating", "reloading"}; !slices.Contains(running, state["ActiveState"]) {
			found = append(found, units[at]+" does not run")
		} else if state["UnitFileState"] != "enabled" {
			found = append(found, units[at]+" does not start with the host")
		}
	}
	return found, nil
}
