package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// EtcdRules say how etcd is reached, and what becomes of its snapshots.
type EtcdRules struct {
	Endpoint       string  `json:"endpoint"`
	Authority      string  `json:"authority"`
	Certificate    string  `json:"certificate"`
	Key            string  `json:"key"`
	Folder         string  `json:"folder"`          // empty: in the checks' own
	Keep           int     `json:"keep"`            // how many snapshots
	EveryHours     float64 `json:"every_hours"`     // the check runs more often, so that one that failed is made up for
	LongestSeconds float64 `json:"longest_seconds"` // that taking one may last
	WarningHours   float64 `json:"warning_hours"`   // age of the newest
	CriticalHours  float64 `json:"critical_hours"`
	LeastShare     float64 `json:"least_share"` // of the size of the one before
}

const stamp = "20060102T150405Z"

// etcdSnapshot takes a snapshot of this host's etcd, reads it through, and removes those that are too many.
func etcdSnapshot(ctx context.Context, site Site, store Store, now time.Time) (Finding, error) {
	rules := site.Rules.Etcd
	if !site.ControlPlane {
		return Finding{}, errElsewhere
	}
	if rules.Keep < 1 {
		return Finding{}, fmt.Errorf("etcd.keep is %d: at least one snapshot has to be kept", rules.Keep)
	}
	found := Finding{Limit: rules.LongestSeconds, Unit: "seconds taken", Subject: rules.Folder}
	if at, ok := lastTaken(rules.Folder); ok && !at.After(now) && now.Sub(at).Hours() < rules.EveryHours {
		last, _ := store.last("etcd-snapshot")
		found.Value = last.Value
		return found, nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rules.LongestSeconds*float64(time.Second)))
	defer cancel()
	begun := time.Now()
	path, err := take(ctx, rules, now)
	found.Value = math.Round(time.Since(begun).Seconds()*1000) / 1000
	if err != nil {
		found.State, found.Subject = Critical, "no snapshot of etcd: "+err.Error()
		found.Remedy = "see that etcd runs (`kubectl -n kube-system get pods`, `journalctl -u kubelet`) and that the disk has room; it is tried again each hour, and at once by `systemctl start sitewright-check@etcd-snapshot`"
		return found, nil
	}
	return found, prune(rules, path)
}

// lastTaken is when the newest snapshot was made.
func lastTaken(folder string) (time.Time, bool) {
	all, err := snapshots(folder)
	if err != nil || len(all) == 0 {
		return time.Time{}, false
	}
	at, err := time.Parse("snapshot-"+stamp+".db", filepath.Base(all[len(all)-1]))
	return at, err == nil
}

// take makes one snapshot; until it is found whole it has a name that no reader takes for one.
func take(ctx context.Context, rules EtcdRules, now time.Time) (string, error) {
	if err := errors.Join(os.MkdirAll(filepath.Dir(rules.Folder), 0o755), os.MkdirAll(rules.Folder, 0o700)); err != nil {
		return "", err
	}
	from, err := etcdClient(rules)
	if err != nil {
		return "", err
	}
	size, revision, err := from.status(ctx)
	if err != nil {
		return "", err
	}
	if err := room(rules.Folder, size); err != nil {
		return "", err
	}
	path := filepath.Join(rules.Folder, "snapshot-"+now.UTC().Format(stamp)+".db")
	part := path + ".part"
	defer os.Remove(part)
	if err := fetch(ctx, from, part); err != nil {
		return "", err
	}
	held, err := verified(part)
	if err != nil {
		return "", fmt.Errorf("the snapshot is damaged: %w", err)
	}
	if held.Revision < revision {
		return "", fmt.Errorf("the snapshot ends at revision %d, but etcd was at %d before", held.Revision, revision)
	}
	text, err := json.Marshal(held)
	if err != nil {
		return "", err
	}
	if err := replace(path+".json", text, 0o600); err != nil {
		return "", err
	}
	return path, os.Rename(part, path)
}

func fetch(ctx context.Context, from etcd, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // all that the cluster knows is in it
	if err != nil {
		return err
	}
	return errors.Join(from.snapshot(ctx, file), file.Sync(), file.Close())
}

// room says that a snapshot would fill the disk that etcd writes to as well.
func room(folder string, size int64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return err
	}
	free, whole := int64(disk.Bavail)*disk.Bsize, int64(disk.Blocks)*disk.Bsize
	if free-size < whole/20 {
		return fmt.Errorf("%s has %d MiB free, and %d for a snapshot would leave less than a twentieth of the disk", folder, free>>20, size>>20)
	}
	return nil
}

// snapshots are the whole ones of a folder, the oldest first: their names are their times.
func snapshots(folder string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "snapshot-*.db"))
	slices.Sort(found)
	return found, err
}

// prune removes the oldest beyond those that are kept, and what a snapshot that broke off has left.
func prune(rules EtcdRules, newest string) error {
	found, err := snapshots(rules.Folder)
	if err != nil {
		return err
	}
	var gone []string
	for _, each := range found[:max(0, len(found)-rules.Keep)] {
		if each != newest { // a clock that was turned back does not cost the one just made
			gone = append(gone, each, each+".json")
		}
	}
	parts, err := filepath.Glob(filepath.Join(rules.Folder, "snapshot-*.part"))
	errs := []error{err}
	for _, each := range append(gone, parts...) {
		errs = append(errs, os.Remove(each))
	}
	return errors.Join(errs...)
}

// etcdBackup looks whether there is a snapshot, whether it is new, and whether it is as large as it should be.
func etcdBackup(_ context.Context, site Site, _ Store, now time.Time) (Finding, error) {
	rules := site.Rules.Etcd
	if !site.ControlPlane {
		return Finding{}, errElsewhere
	}
	all, err := snapshots(rules.Folder)
	if err != nil {
		return Finding{}, err
	}
	remedy := "see what `sitewright-check etcd-snapshot` says, and whether its timer runs: systemctl status sitewright-check-etcd-snapshot.timer"
	found := Finding{Limit: rules.WarningHours, Unit: "hours old", Subject: rules.Folder}
	if len(all) == 0 {
		found.State, found.Value, found.Limit = Critical, math.Round(rules.CriticalHours+1), rules.CriticalHours
		found.Subject, found.Remedy = "no snapshot of etcd in "+rules.Folder, remedy
		return found, nil
	}
	newest := all[len(all)-1]
	made, err := time.Parse("snapshot-"+stamp+".db", filepath.Base(newest))
	if err != nil {
		return Finding{}, fmt.Errorf("%s is none of our names: move it elsewhere", newest)
	}
	found.Value = math.Round(now.Sub(made).Hours()*100) / 100
	switch {
	case found.Value > rules.CriticalHours:
		found.State, found.Limit = Critical, rules.CriticalHours
	case found.Value > rules.WarningHours:
		found.State = Warning
	}
	if flaw := spoiled(newest, all, rules); flaw != "" {
		found.State, found.Subject = Critical, newest+": "+flaw
	}
	if found.State != OK {
		found.Remedy = remedy
	}
	return found, nil
}

// spoiled says what is wrong with the newest snapshot as it lies there; nothing where all is well.
func spoiled(newest string, all []string, rules EtcdRules) string {
	var noted contents
	text, err := os.ReadFile(newest + ".json")
	if err != nil || json.Unmarshal(text, &noted) != nil {
		return "what was noted of it when it was made is not there"
	}
	about, err := os.Stat(newest)
	if err != nil || about.Size() != noted.Bytes {
		return "it has no longer the size that it was made with"
	}
	if held, err := verified(newest); err != nil || held.SHA256 != noted.SHA256 {
		return strings.TrimSuffix(fmt.Sprintf("it is damaged: %v", err), ": <nil>")
	}
	if len(all) > 1 {
		if before, err := os.Stat(all[len(all)-2]); err == nil && float64(about.Size()) < rules.LeastShare*float64(before.Size()) {
			return "it is much smaller than the one before: see that nobody has removed what should be there"
		}
	}
	return ""
}
