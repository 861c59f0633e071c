package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// RegistryRules say where the registry's files are, and which share of them is read in one run.
type RegistryRules struct {
	Folder string  `json:"folder"`
	Share  float64 `json:"share"`
}

// round is how far the reading of all blobs has come, and which were found damaged.
type round struct {
	After   string   `json:"after"` // digest of the last one that was read
	Damaged []string `json:"damaged"`
}

// registry reads the next hundredth of the registry's blobs, and those again that were damaged when they were read last.
func registry(ctx context.Context, site Site, store Store, _ time.Time) (Finding, error) {
	rules := site.Rules.Registry
	if !site.Registry {
		return Finding{}, errElsewhere
	}
	folder := filepath.Join(rules.Folder, "docker/registry/v2/blobs/sha256")
	paths, err := filepath.Glob(filepath.Join(folder, "??", "*"))
	if err != nil || len(paths) == 0 {
		return Finding{}, errors.Join(err, fmt.Errorf("there are no blobs in %s", folder))
	}
	all := make([]string, len(paths))
	for at, path := range paths {
		all[at] = filepath.Base(path)
	}
	slices.Sort(all)
	var last round
	store.recall("registry-round", &last)
	next := turn(all, last, rules.Share)
	found := round{After: next[len(next)-1], Damaged: []string{}}
	for _, digest := range slices.Compact(slices.Sorted(slices.Values(append(next, last.Damaged...)))) {
		whole, err := intact(ctx, filepath.Join(folder, digest[:2], digest, "data"), digest)
		if err != nil {
			return Finding{}, err
		}
		if !whole {
			found.Damaged = append(found.Damaged, digest)
		}
	}
	if err := store.remember("registry-round", found); err != nil {
		return Finding{}, err
	}
	told := Finding{Value: float64(len(found.Damaged)), Unit: "damaged blobs", Subject: folder}
	if told.Value > 0 {
		told.State, told.Subject = Critical, "sha256:"+found.Damaged[0]
		told.Remedy = "the disk may be failing (`dmesg`, `smartctl`): remove " + filepath.Join(folder, found.Damaged[0][:2], found.Damaged[0]) +
			", run `sitewright install` again, which brings it, and then `sitewright-check registry`"
	}
	return told, nil
}

// turn are the digests that come after the last one, around the end to the beginning.
func turn(all []string, last round, share float64) []string {
	many := min(len(all), max(1, int(math.Ceil(share*float64(len(all))))))
	start, found := slices.BinarySearch(all, last.After)
	if found {
		start++
	}
	next := make([]string, many)
	for at := range next {
		next[at] = all[(start+at)%len(all)]
	}
	return next
}

// intact says whether a blob has its digest. One whose file is gone is damaged; one whose folder is gone was removed.
func intact(ctx context.Context, path, digest string) (bool, error) {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	found, err := hashed(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var broken *fs.PathError
	if errors.As(err, &broken) && ctx.Err() == nil { // the disk does not give it back
		return false, nil
	}
	return found == digest, err
}

// hashed is a file's SHA-256 in hex.
func hashed(ctx context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum, chunk := sha256.New(), make([]byte, 1<<20)
	for {
		read, err := file.Read(chunk)
		sum.Write(chunk[:read])
		if errors.Is(err, io.EOF) {
			return fmt.Sprintf("%x", sum.Sum(nil)), nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return "", err
		}
	}
}
