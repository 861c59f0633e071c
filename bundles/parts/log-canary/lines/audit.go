package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"
)

const (
	// window is how much time figures are of.
	window = time.Hour
	// before is how much earlier lines are looked at, for where a gap begins.
	before = 10 * time.Minute
	// forgotten is how long a node is missed that is not heard any more.
	forgotten = 24 * time.Hour
)

// keeper is a store in which canaries' lines are to be found.
type keeper interface {
	canaryLines(ctx context.Context, from, to time.Time) ([]line, error)
}

// auditing is how account is kept: of which stores, how, and when each node was heard last.
type auditing struct {
	keepers      map[string]keeper
	settle, late time.Duration
	heard        map[node]time.Time
}

// serving is how figures are shown, and how often they are made.
type serving struct {
	listen, keys, client string
	every                time.Duration
}

func (s *serving) flags(to *flag.FlagSet) {
	to.StringVar(&s.listen, "listen", ":8443", "address to show figures at")
	to.StringVar(&s.keys, "keys", "/etc/tls", "folder with tls.crt, tls.key and ca.crt")
	to.StringVar(&s.client, "client", "prometheus.prometheus.svc", "whose certificate may see figures")
	to.DurationVar(&s.every, "every", time.Minute, "time between two looks")
}

// stores are where lines are kept, as flags name them.
type stores struct{ store, view, secrets, ca string }

func (s *stores) flags(to *flag.FlagSet) {
	to.StringVar(&s.store, "store", "", "https address of the log store")
	to.StringVar(&s.view, "view", "", "https address of the log view; none is not looked at")
	to.StringVar(&s.secrets, "secrets", "/etc/secrets", "folder with store/reader_username, store/reader_password, view/username and view/password")
	to.StringVar(&s.ca, "ca", "/etc/tls/ca.crt", "the authority that their certificates are to be of")
}

func (s *stores) logStore() store {
	return store{place{s.store, in(s.secrets, "store/reader_username"), in(s.secrets, "store/reader_password"), s.ca}}
}

func (s *stores) keepers() map[string]keeper {
	found := map[string]keeper{"store": s.logStore()}
	if s.view != "" {
		found["view"] = view{place{s.view, in(s.secrets, "view/username"), in(s.secrets, "view/password"), s.ca}}
	}
	return found
}

// audit keeps account of all canaries of the site.
func audit(ctx context.Context, argv []string) error {
	var from stores
	var how serving
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	from.flags(flags)
	how.flags(flags)
	settle := flags.Duration("settle", 3*time.Minute, "age from which a line that is not there is called lost")
	late := flags.Duration("late", time.Minute, "delay above which a line is late")
	if err := flags.Parse(argv); err != nil {
		return err
	}
	shown := &figures{}
	accounted := auditing{from.keepers(), *settle, *late, nil}
	go repeat(ctx, how.every, func() error {
		now := time.Now()
		if accounted.heard == nil {
			heard, err := from.logStore().lastHeard(ctx, now.Add(-forgotten), now)
			if err != nil {
				return err
			}
			accounted.heard = heard
		}
		return accounted.once(ctx, now, shown)
	})
	return serve(ctx, how, shown)
}

// repeat does a thing at once and again and again; what fails is told, and tried again soon.
func repeat(ctx context.Context, every time.Duration, do func() error) {
	for ctx.Err() == nil {
		wait := every
		if err := do(); err != nil && ctx.Err() == nil {
			slog.Error("not counted", "error.message", err.Error())
			wait = min(every, 20*time.Second)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// once looks at the last hour, up to where a line must have arrived by now, and shows what it found.
func (a auditing) once(ctx context.Context, now time.Time, shown *figures) error {
	until := now.Add(-a.settle)
	found := map[string]map[node]account{}
	for where, keeper := range a.keepers {
		lines, err := keeper.canaryLines(ctx, until.Add(-window-before), now)
		if err != nil {
			return fmt.Errorf("log %s: %w", where, err)
		}
		found[where] = accounts(lines, until.Add(-window), until, a.late)
		tell(where, found[where])
	}
	for of, books := range found["store"] {
		a.heard[of] = books.Last
	}
	maps.DeleteFunc(a.heard, func(_ node, last time.Time) bool { return now.Sub(last) > forgotten })
	shown.put(now, families(found, a.heard, now)...)
	return nil
}

func families(found map[string]map[node]account, heard map[node]time.Time, now time.Time) []family {
	seen := newFamily("log_canary_lines", "Lines of the node's canary that arrived, of the last hour.")
	lost := newFamily("log_canary_lost_lines", "Lines that are missing between others.")
	twice := newFamily("log_canary_repeated_lines", "Lines that are there once more.")
	late := newFamily("log_canary_late_lines", "Lines that took longer than allowed.")
	delay := newFamily("log_canary_delay_seconds", "Time from a line to its being taken in, by quantile.")
	for where, nodes := range found {
		for of, books := range nodes {
			labels := []string{"cluster", of.Cluster, "node", of.Node, "where", where}
			seen.set(float64(books.Seen), labels...)
			lost.set(float64(books.Lost), labels...)
			twice.set(float64(books.Twice), labels...)
			late.set(float64(books.Late), labels...)
			delay.set(books.P50, append(labels, "quantile", "0.5")...)
			delay.set(books.P99, append(labels, "quantile", "0.99")...)
		}
	}
	latest := newFamily("log_canary_last_timestamp_seconds", "Time of the latest line in the log store, in seconds since 1970.")
	for of, last := range heard {
		latest.set(float64(last.Unix()), "cluster", of.Cluster, "node", of.Node)
	}
	looked := newFamily("log_audit_timestamp_seconds", "When canaries' lines were last counted, in seconds since 1970.")
	looked.set(float64(now.Unix()))
	return []family{seen, lost, twice, late, delay, latest, looked}
}

// sorted are the nodes of an account, as people look for them.
func sorted(found map[node]account) []node {
	return slices.SortedFunc(maps.Keys(found), func(a, b node) int { return slices.Compare([]string{a.Cluster, a.Node}, []string{b.Cluster, b.Node}) })
}

// tell writes a line for each node where something was wrong: figures have the rest.
func tell(where string, found map[node]account) {
	for _, of := range sorted(found) {
		books := found[of]
		if books.Lost+books.Twice+books.Late == 0 {
			continue
		}
		slog.Warn(fmt.Sprintf("%s/%s in the log %s: %d lost, %d late, %d twice of the last hour", of.Cluster, of.Node, where,
			books.Lost, books.Late, books.Twice), "audit", map[string]any{"cluster": of.Cluster, "node": of.Node, "where": where,
			"lines": books.Seen, "lost": books.Lost, "late": books.Late, "twice": books.Twice})
	}
}
