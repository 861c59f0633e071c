package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// reporting is how the lines of one environment are judged.
type reporting struct {
	hours     hours
	cluster   cluster
	namespace string
	by        rule
	mu        sync.Mutex
}

// report judges the lines of the own environment, and tells its cluster who breaks the contract.
func report(ctx context.Context, argv []string) error {
	var from stores
	var how serving
	own := reporting{cluster: inCluster()}
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	from.flags(flags)
	how.flags(flags)
	flags.StringVar(&own.hours.environment, "environment", "", "the environment whose lines are judged")
	flags.StringVar(&own.namespace, "namespace", "log-contract", "where the cluster's lists are kept")
	flags.Float64Var(&own.by.share, "share", 0.01, "share of rejected lines above which an hour is a bad one")
	flags.DurationVar(&own.by.span, "span", 24*time.Hour, "for how long every hour has to be bad")
	platform := flags.String("platform", "", "namespaces, with commas, in which nobody is an offender")
	if err := flags.Parse(argv); err != nil {
		return err
	}
	if own.hours.environment == "" {
		return errors.New("-environment is not set")
	}
	own.by.platform = strings.Split(*platform, ",")
	own.hours.store = from.logStore()
	shown := &figures{}
	look := func() (map[string]string, error) { return own.once(ctx, time.Now(), shown) }
	go repeat(ctx, how.every, func() error { _, err := look(); return err })
	go func() { slog.Error("not told", "error.message", telling(look).Error()) }()
	return serve(ctx, how, shown)
}

// once judges what was written since one hour before the rule's span: the first of its hours has to be whole. It gives the
// report as the cluster has it then.
func (r *reporting) once(ctx context.Context, now time.Time, shown *figures) (map[string]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := now.Add(-r.by.span).Truncate(time.Hour).Add(-time.Hour)
	tallies, err := r.hours.tallies(ctx, from, now)
	if err != nil {
		return nil, err
	}
	standing, err := r.cluster.workloads(ctx)
	if err != nil {
		return nil, err
	}
	list := verdicts(tallies, standing, r.by, now)
	entries, err := r.cluster.keep(ctx, r.namespace, "logging-offenders", offences(list))
	if err != nil {
		return nil, err
	}
	waive(list, entries)
	whole, err := written(list, from, now)
	if err != nil {
		return nil, err
	}
	if whole, err = r.cluster.keep(ctx, r.namespace, "logging-report", whole); err != nil {
		return nil, err
	}
	r.tell(list, now)
	shown.put(now, r.families(list, now)...)
	return whole, nil
}

// tell writes a line for each workload that has lines rejected, or one that there is none.
func (r *reporting) tell(list []verdict, now time.Time) {
	if len(list) == 0 {
		slog.Info("no line was rejected")
	}
	for _, each := range list {
		slog.Info(each.sentence(), "report", map[string]any{"workload": each.Workload.key(), "team": each.Owner,
			"lines": each.Lines, "rejected": each.rejected(), "offender": each.Offender, "standing": each.standing(now)})
	}
}

func (r *reporting) families(list []verdict, now time.Time) []family {
	rejected := newFamily("log_rejected_lines", "Lines that were rejected, by workload and reason, of the time that is judged.")
	share := newFamily("log_rejected_ratio", "Share of rejected lines among all of a workload.")
	offender := newFamily("log_offender", "1 where new revisions of a workload are refused, or warned of outside production.")
	ends := newFamily("log_waiver_end_timestamp_seconds", "When the waiver of an offender ends, in seconds since 1970.")
	for _, each := range list {
		labels := []string{"environment", r.hours.environment, "workload", each.Workload.key(), "team", each.Owner}
		for reason, count := range each.Rejected {
			rejected.set(float64(count), append(labels[:len(labels):len(labels)], "reason", reason)...)
		}
		share.set(each.Share, labels...)
		until := each.waivedUntil()
		if each.Offender && !until.IsZero() {
			ends.set(float64(until.Unix()), labels...)
		}
		refused := 0.0
		if each.Offender && !now.Before(until) {
			refused = 1
		}
		offender.set(refused, labels...)
	}
	looked := newFamily("log_report_timestamp_seconds", "When lines were last judged, in seconds since 1970.")
	looked.set(float64(now.Unix()))
	return []family{rejected, share, offender, ends, looked}
}
