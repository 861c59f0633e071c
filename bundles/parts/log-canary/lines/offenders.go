package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// rule says who is an offender: who had more than this share of its lines rejected in each hour in which it wrote
// anything, for so long.
type rule struct {
	share float64
	span  time.Duration
	// platform are namespaces whose programs promised nothing: what is rejected of them is told, and nobody offends.
	platform []string
}

// verdict is what is said of a workload: of whose lines some were rejected.
type verdict struct {
	Workload workload            `json:"workload"`
	Owner    string              `json:"owner"`
	Lines    int                 `json:"lines"`
	Rejected map[string]int      `json:"rejected"`
	Examples map[string][]string `json:"examples"`
	Share    float64             `json:"share"`
	Since    time.Time           `json:"since,omitzero"`
	Offender bool                `json:"offender"`
	Waiver   string              `json:"waiver,omitempty"`
}

// Teams of lines that no label gives to one: those of the platform's namespaces, and all others.
const (
	platform = "platform"
	unknown  = "unknown"
)

// verdicts judge every workload that had lines rejected, those with most of them first.
func verdicts(tallies []tally, standing []workload, by rule, now time.Time) []verdict {
	found := map[workload]*verdict{}
	hours := map[workload]map[time.Time][2]int{} // all lines, and those of them that were rejected
	for _, each := range tallies {
		of := madeBy(each.Namespace, each.Pod, standing)
		if found[of] == nil {
			found[of] = &verdict{Workload: of, Owner: unknown, Rejected: map[string]int{}, Examples: map[string][]string{}}
			hours[of] = map[time.Time][2]int{}
		}
		counted := hours[of][each.Hour]
		found[of].add(each)
		counted[0] += each.Lines
		if each.Reason != "" {
			counted[1] += each.Lines
		}
		hours[of][each.Hour] = counted
	}
	var list []verdict
	for of, said := range found {
		if len(said.Rejected) > 0 {
			said.judge(hours[of], by, now)
			list = append(list, *said)
		}
	}
	sort.Slice(list, func(a, b int) bool {
		if x, y := list[a].rejected(), list[b].rejected(); x != y {
			return x > y
		}
		return list[a].Workload.key() < list[b].Workload.key()
	})
	return list
}

func (v *verdict) add(each tally) {
	v.Lines += each.Lines
	if each.Owner != "" {
		v.Owner = each.Owner
	}
	if each.Reason != "" {
		v.Rejected[each.Reason] += each.Lines
		room := examples - len(v.Examples[each.Reason])
		v.Examples[each.Reason] = append(v.Examples[each.Reason], each.Examples[:min(len(each.Examples), room)]...)
	}
}

func (v *verdict) rejected() int {
	total := 0
	for _, count := range v.Rejected {
		total += count
	}
	return total
}

// judge finds since when every hour was a bad one: an offender's first such hour is at least the rule's span ago.
func (v *verdict) judge(hours map[time.Time][2]int, by rule, now time.Time) {
	v.Share = float64(v.rejected()) / float64(v.Lines)
	ordered := make([]time.Time, 0, len(hours))
	for hour := range hours {
		ordered = append(ordered, hour)
	}
	slices.SortFunc(ordered, func(a, b time.Time) int { return b.Compare(a) })
	for _, hour := range ordered {
		counted := hours[hour]
		if float64(counted[1]) <= by.share*float64(counted[0]) {
			break
		}
		v.Since = hour
	}
	v.Offender = !v.Since.IsZero() && now.Sub(v.Since) >= by.span && !slices.Contains(by.platform, v.Workload.Namespace)
	if v.Owner == unknown && slices.Contains(by.platform, v.Workload.Namespace) {
		v.Owner = platform
	}
}

// reasons are those of rejected lines, the most frequent one first.
func (v verdict) reasons() []string {
	found := make([]string, 0, len(v.Rejected))
	for reason := range v.Rejected {
		found = append(found, reason)
	}
	sort.Slice(found, func(a, b int) bool {
		x, y := v.Rejected[found[a]], v.Rejected[found[b]]
		return x > y || x == y && found[a] < found[b]
	})
	return found
}

// sentence is what a refused rollout is told.
func (v verdict) sentence() string {
	var counts []string
	for _, reason := range v.reasons() {
		counts = append(counts, fmt.Sprintf("%s %d", reason, v.Rejected[reason]))
	}
	since := ""
	if !v.Since.IsZero() {
		since = " since " + v.Since.UTC().Format("2006-01-02 15:04Z")
	}
	return fmt.Sprintf("%.1f %% of %d lines rejected%s: %s", 100*v.Share, v.Lines, since, strings.Join(counts, ", "))
}

// longest is how many letters the key of a ConfigMap may have; that of a waiver has some before it.
const longest = 253 - len(waiving)

// offences are the entries of the cluster's list. One whose name no key can hold is in the report alone.
func offences(list []verdict) map[string]string {
	found := map[string]string{}
	for _, each := range list {
		if key := each.Workload.key(); each.Offender && each.Workload.Namespace != "" && len(key) <= longest {
			found[key] = each.sentence()
		}
	}
	return found
}
