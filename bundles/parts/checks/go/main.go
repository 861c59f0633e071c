// Command sitewright-check looks at one thing of a host and says how it stands: one line of JSON on standard output,
// figures for node_exporter's textfile folder, and exit code 0 (ok), 1 (warning) or 2 (critical).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// version is set by the build.
var version = "development"

// errElsewhere is what a check returns that has nothing to look at on this host.
var errElsewhere = errors.New("there is nothing of this on this host")

// A check looks and judges; it changes nothing but what it keeps for itself in the store.
type check func(ctx context.Context, site Site, store Store, now time.Time) (Finding, error)

var checks = map[string]check{
	"backups":       backups,
	"certificates":  certificates,
	"clock":         clock,
	"disks":         disks,
	"drift":         drift,
	"etcd-backup":   etcdBackup,
	"etcd-snapshot": etcdSnapshot,
	"registry":      registry,
}

// Exit code of a call that names no check: none of a check's own.
const misused = 64

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("sitewright-check", flag.ContinueOnError)
	flags.SetOutput(errs)
	file := flags.String("config", "/etc/sitewright/checks/checks.json", "what is to be looked at on this host")
	flags.Usage = func() {
		fmt.Fprintf(errs, "sitewright-check [--config FILE] %s\n", strings.Join(names(), "|"))
		fmt.Fprintln(errs, "sitewright-check show      what each check said last; exit code of the worst")
		fmt.Fprintln(errs, "sitewright-check rules     the limits that hold on this host")
		fmt.Fprintln(errs, "sitewright-check version")
	}
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		flags.Usage()
		return misused
	}
	name := flags.Arg(0)
	if name == "version" {
		fmt.Fprintln(out, version)
		return 0
	}
	site, err := readSite(*file)
	store := Store{Home: site.Home}
	switch {
	case checks[name] != nil:
		return carryOut(ctx, name, site, err, store, out, errs)
	case err != nil:
		fmt.Fprintln(errs, "sitewright-check:", err)
		return int(Critical)
	case name == "show":
		return show(store, out, errs)
	case name == "rules":
		return say(out, errs, site.Rules)
	}
	flags.Usage()
	return misused
}

// carryOut runs one check, and tells what it found. A check that cannot look is critical: nobody knows how things stand.
func carryOut(ctx context.Context, name string, site Site, flaw error, store Store, out, errs io.Writer) int {
	now := time.Now()
	found, err := Finding{}, flaw
	if err == nil {
		found, err = attempted(ctx, checks[name], site, store, now)
	}
	if errors.Is(err, errElsewhere) {
		fmt.Fprintf(errs, "sitewright-check: %s: %v\n", name, err)
		return int(OK)
	}
	if err != nil {
		found = Finding{State: Critical, Subject: "the check itself: " + err.Error(),
			Remedy: "see `journalctl -u sitewright-check@" + name + "`, mend what it names, and run `sitewright-check " + name + "`"}
	}
	result := store.settle(name, found, now)
	if err := store.keep(result, site.Intervals[name], now); err != nil {
		fmt.Fprintln(errs, "sitewright-check: the result could not be kept:", err)
		result.State = Critical
	}
	say(out, errs, result)
	return int(result.State)
}

// attempted is a check whose own mistakes are findings as well: a panic would end with 2 and leave old figures standing.
func attempted(ctx context.Context, look check, site Site, store Store, now time.Time) (found Finding, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("it broke off: %v", broken)
		}
	}()
	return look(ctx, site, store, now)
}

func show(store Store, out, errs io.Writer) int {
	worst := 0
	for _, name := range names() {
		if result, ok := store.last(name); ok {
			say(out, errs, result)
			worst = max(worst, int(result.State))
		}
	}
	return worst
}

func names() []string { return slices.Sorted(maps.Keys(checks)) }
