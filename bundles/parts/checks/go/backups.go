package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// BackupRule is what the newest file of a backup has to be like.
type BackupRule struct {
	Host        string  `json:"host"`          // where it lies
	Files       string  `json:"files"`         // pattern of whole paths
	MaxAgeHours float64 `json:"max_age_hours"` // of the newest; critical at twice of it
	MinBytes    int64   `json:"min_bytes"`
	Checksum    string  `json:"checksum"` // ending of the file beside it with its SHA-256, as in ".sha256"; empty: none
}

// summed is a file whose SHA-256 was found right: read once, not each hour.
type summed struct {
	Path    string
	Bytes   int64
	Changed time.Time
}

// backups looks at the newest file of each backup that lies on this host.
func backups(ctx context.Context, site Site, store Store, now time.Time) (Finding, error) {
	var found []Finding
	right, good := map[string]summed{}, map[string]summed{}
	store.recall("backups-summed", &right)
	for _, name := range slices.Sorted(maps.Keys(site.Rules.Backups)) {
		rule := site.Rules.Backups[name]
		if rule.Host == "" || !filepath.IsAbs(rule.Files) || rule.MaxAgeHours <= 0 {
			return Finding{}, fmt.Errorf("backup %s needs host, files (a whole path) and max_age_hours", name)
		}
		if rule.Host != site.Host {
			continue
		}
		seen, read, err := newest(ctx, name, rule, right[name], now)
		if err != nil {
			return Finding{}, err
		}
		found = append(found, seen)
		good[name] = read
	}
	if len(found) == 0 {
		return Finding{}, errElsewhere
	}
	if err := store.remember("backups-summed", good); err != nil {
		return Finding{}, err
	}
	return worst(found), nil
}

func newest(ctx context.Context, name string, rule BackupRule, right summed, now time.Time) (Finding, summed, error) {
	found := Finding{Limit: rule.MaxAgeHours, Unit: "hours old", Subject: name}
	bad := func(state State, what, remedy string) {
		found.State, found.Subject, found.Remedy = state, name+": "+what, remedy
	}
	last, about, err := latest(rule)
	if err != nil {
		return found, summed{}, err
	}
	if about == nil {
		found.Value = rule.MaxAgeHours + 1
		bad(Critical, "there is no "+rule.Files, "see why the backup was not made; it may have been moved")
		return found, summed{}, nil
	}
	age := now.Sub(about.ModTime()).Hours()
	found.Value = math.Round(age*100) / 100
	read := summed{last, about.Size(), about.ModTime().UTC()}
	switch {
	case about.Size() < rule.MinBytes:
		bad(Critical, last+" is too small", fmt.Sprintf("it has %d bytes, and should have %d: see what the backup said when it was made", about.Size(), rule.MinBytes))
	case age > 2*rule.MaxAgeHours:
		found.Limit = 2 * rule.MaxAgeHours
		bad(Critical, last+" is the newest", "no backup was made for long: see why")
	case age > rule.MaxAgeHours:
		bad(Warning, last+" is the newest", "the last backup was not made: see why")
	case rule.Checksum != "" && right != read:
		flaw, err := otherSum(ctx, last, rule.Checksum)
		if err != nil {
			return found, summed{}, err
		}
		if flaw != "" {
			read = summed{}
			bad(Critical, last+" "+flaw, "make the backup anew, and see whether the disk is failing")
		}
	}
	return found, read, nil
}

// latest is the file of a backup that was written last; nil where there is none.
func latest(rule BackupRule) (path string, about os.FileInfo, err error) {
	paths, err := filepath.Glob(rule.Files)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", rule.Files, err)
	}
	for _, each := range paths {
		if rule.Checksum != "" && strings.HasSuffix(each, rule.Checksum) {
			continue
		}
		seen, err := os.Stat(each)
		if err != nil || !seen.Mode().IsRegular() {
			continue
		}
		if about == nil || seen.ModTime().After(about.ModTime()) {
			path, about = each, seen
		}
	}
	return path, about, nil
}

func otherSum(ctx context.Context, path, ending string) (string, error) {
	text, err := os.ReadFile(path + ending)
	words := strings.Fields(string(text))
	if err != nil || len(words) == 0 {
		return "has no sum beside it (" + ending + ")", nil
	}
	found, err := hashed(ctx, path)
	if err == nil && !strings.EqualFold(found, words[0]) {
		return "is not what was written: its SHA-256 is another one", nil
	}
	return "", err
}
