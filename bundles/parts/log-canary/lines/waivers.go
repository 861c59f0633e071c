package main

import (
	"regexp"
	"time"
)

// waiving begins the keys of the list of offenders under which people waive one: a last day (UTC), and why.
const waiving = "waiver."

var waived = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}) +[^ ]`)

// waive tells verdicts what was waived of them, as the list of the cluster has it.
func waive(list []verdict, entries map[string]string) {
	for at, each := range list {
		list[at].Waiver = entries[waiving+each.Workload.key()]
	}
}

// waivedUntil is when the waiver of a verdict ends; zero where there is none that counts.
func (v verdict) waivedUntil() time.Time {
	found := waived.FindStringSubmatch(v.Waiver)
	if found == nil {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, found[1])
	if err != nil {
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}

// standing says what an offender's next revision has to expect.
func (v verdict) standing(now time.Time) string {
	switch until := v.waivedUntil(); {
	case !v.Offender:
		return "no offender"
	case v.Waiver == "":
		return "OFFENDER: no new revision without a waiver"
	case until.IsZero():
		return "OFFENDER: its waiver is no date with a reason: " + v.Waiver
	case !now.Before(until):
		return "OFFENDER: its waiver has ended: " + v.Waiver
	default:
		return "OFFENDER, waived until " + v.Waiver
	}
}
