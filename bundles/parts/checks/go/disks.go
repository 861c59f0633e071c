package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// DiskRules say which disks count, and when a straight line through their past is a warning.
type DiskRules struct {
	FullPercent  float64  `json:"full_percent"` // of bytes or inodes: the kubelet evicts pods from here on
	WarningDays  float64  `json:"warning_days"`
	CriticalDays float64  `json:"critical_days"`
	HistoryDays  float64  `json:"history_days"` // how far back the line goes
	LeastDays    float64  `json:"least_days"`   // how long a disk has to be known before a line is drawn
	Kinds        []string `json:"kinds"`        // of file systems; the root counts whatever it is
	Ignore       []string `json:"ignore"`       // patterns of mount points
}

// farthest is how many days ahead a line is followed: beyond that, "a year or more".
const farthest = 365

// usage is the used share of a disk's bytes and inodes, at a time (Unix seconds).
type usage struct {
	At     int64   `json:"at"`
	Bytes  float64 `json:"bytes"`
	Inodes float64 `json:"inodes"`
}

// disks tells of the disk that is full first, if all go on as they did.
func disks(_ context.Context, site Site, store Store, now time.Time) (Finding, error) {
	table, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return Finding{}, err
	}
	defer table.Close()
	mounts, err := mounted(bufio.NewScanner(table), site.Rules.Disks)
	if err != nil {
		return Finding{}, err
	}
	found := map[string]usage{}
	for _, mount := range mounts {
		seen, err := used(mount, now)
		if err != nil {
			return Finding{}, err
		}
		found[mount] = seen
	}
	past := map[string][]usage{}
	store.recall("disks-history", &past)
	known := remembered(past, found, site.Rules.Disks)
	if err := store.remember("disks-history", known); err != nil {
		return Finding{}, err
	}
	return forecast(known, site.Rules.Disks)
}

// mounted are the mount points to look at: of each file system the shortest one that is a directory.
func mounted(table *bufio.Scanner, rules DiskRules) ([]string, error) {
	shortest := map[string]string{}
	for table.Scan() {
		before, after, found := strings.Cut(table.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !found || len(left) < 6 || len(right) < 1 {
			return nil, fmt.Errorf("/proc/self/mountinfo has the line %q", table.Text())
		}
		device, point := left[2], strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(left[4])
		if point != "/" && (!slices.Contains(rules.Kinds, right[0]) || below(rules.Ignore, point) || strings.HasPrefix(left[5], "ro")) {
			continue
		}
		if about, err := os.Stat(point); err != nil || !about.IsDir() {
			continue
		}
		if other, there := shortest[device]; !there || len(point) < len(other) {
			shortest[device] = point
		}
	}
	var points []string
	for _, point := range shortest {
		points = append(points, point)
	}
	slices.Sort(points)
	return points, table.Err()
}

// below says whether a path, or one above it, is of one of the patterns.
func below(patterns []string, path string) bool {
	for ; path != "/" && path != "."; path = path[:max(1, strings.LastIndex(path, "/"))] {
		if matches(patterns, path) {
			return true
		}
	}
	return false
}

func used(mount string, now time.Time) (usage, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(mount, &disk); err != nil {
		return usage{}, fmt.Errorf("%s: %w", mount, err)
	}
	seen := usage{At: now.Unix()}
	taken := disk.Blocks - disk.Bfree
	if whole := taken + disk.Bavail; whole > 0 { // what is kept for root is nobody's
		seen.Bytes = float64(taken) / float64(whole)
	}
	if disk.Files > 0 {
		seen.Inodes = float64(disk.Files-disk.Ffree) / float64(disk.Files)
	}
	return seen, nil
}

// remembered is the past with what was seen now, as far back as lines go. A disk that is gone is forgotten.
func remembered(past map[string][]usage, found map[string]usage, rules DiskRules) map[string][]usage {
	known := map[string][]usage{}
	for mount, seen := range found {
		oldest := seen.At - int64(rules.HistoryDays*86400)
		kept := slices.DeleteFunc(past[mount], func(each usage) bool { return each.At < oldest || each.At >= seen.At })
		known[mount] = append(kept, seen)
	}
	return known
}

func forecast(known map[string][]usage, rules DiskRules) (Finding, error) {
	if len(known) == 0 {
		return Finding{}, errors.New("no disk was found")
	}
	first := Finding{Value: farthest + 1}
	for mount, past := range known {
		for what, share := range map[string]func(usage) float64{
			"bytes":  func(each usage) float64 { return each.Bytes },
			"inodes": func(each usage) float64 { return each.Inodes },
		} {
			days := untilFull(past, share, rules)
			subject := mount + ", its " + what
			if days < first.Value || (days == first.Value && subject < first.Subject) {
				first = Finding{Value: days, Limit: rules.WarningDays, Unit: "days until full", Subject: subject}
			}
		}
	}
	switch {
	case first.Value < rules.CriticalDays:
		first.State, first.Limit = Critical, rules.CriticalDays
	case first.Value < rules.WarningDays:
		first.State = Warning
	}
	if first.State != OK {
		first.Remedy = fmt.Sprintf("%g %% is where pods are evicted: find what grows (`du -xh --max-depth 2`), keep it for less long, or enlarge the disk", rules.FullPercent)
	}
	return first, nil
}

// untilFull follows the straight line (least squares) through the past to where the disk is full.
func untilFull(past []usage, share func(usage) float64, rules DiskRules) float64 {
	newest := past[len(past)-1]
	full := rules.FullPercent / 100
	if share(newest) >= full {
		return 0
	}
	days := func(each usage) float64 { return float64(each.At-newest.At) / 86400 }
	if -days(past[0]) < rules.LeastDays {
		return farthest
	}
	var meanDay, meanShare, over, under float64
	for _, each := range past {
		meanDay += days(each) / float64(len(past))
		meanShare += share(each) / float64(len(past))
	}
	for _, each := range past {
		over += (days(each) - meanDay) * (share(each) - meanShare)
		under += (days(each) - meanDay) * (days(each) - meanDay)
	}
	if under == 0 || over <= 0 {
		return farthest
	}
	left := (full - share(newest)) / (over / under)
	return min(farthest, math.Round(left*10)/10)
}
