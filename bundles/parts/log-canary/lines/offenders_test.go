package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var pay = workload{"prod-pay", "Deployment", "api"}
var atNoon = rule{0.01, 24 * time.Hour, []string{"kube-system"}}

// hourly are so many hours up to now, each with this many good lines and bad ones.
func hourly(hours, good, bad int) []tally {
	var found []tally
	for at := range hours {
		when := hour.Add(-time.Duration(at) * time.Hour)
		found = append(found, tally{"prod-pay", "api-5d4f8c7b9-x2x4z", when, "", "", good, nil})
		if bad > 0 {
			found = append(found, tally{"prod-pay", "api-5d4f8c7b9-x2x4z", when, "not_json", "payments", bad, []string{"a", "b"}})
		}
	}
	return found
}

func one(t *testing.T, tallies []tally) verdict {
	t.Helper()
	list := verdicts(tallies, []workload{pay}, atNoon, hour.Add(30*time.Minute))
	if len(list) != 1 || list[0].Workload != pay {
		t.Fatal(list)
	}
	return list[0]
}

func TestWhoIsBadForADayIsAnOffender(t *testing.T) {
	got := one(t, hourly(25, 90, 10))
	if !got.Offender || got.Owner != "payments" || got.Share != 0.1 || len(got.Examples["not_json"]) != 3 {
		t.Fatal(got)
	}
	if got.sentence() != "10.0 % of 2500 lines rejected since 2026-11-29 12:00Z: not_json 250" {
		t.Fatal(got.sentence())
	}
	if entries := offences([]verdict{got}); len(entries) != 1 || !strings.HasPrefix(entries["prod-pay.deployment.api"], "10.0 %") {
		t.Fatal(entries)
	}
}

func TestWhoIsBadForLessThanADayIsNone(t *testing.T) {
	if got := one(t, hourly(24, 90, 10)); got.Offender || !got.Since.Equal(hour.Add(-23*time.Hour)) {
		t.Fatal(got)
	}
}

func TestAShareAtTheLimitIsAllowed(t *testing.T) {
	if got := one(t, hourly(25, 99, 1)); got.Offender || !got.Since.IsZero() {
		t.Fatal(got)
	}
}

func TestOneGoodHourEndsIt(t *testing.T) {
	tallies := append(hourly(25, 90, 10), tally{"prod-pay", "api-6d4f8c7b9-aaaaa", hour, "", "", 5000, nil})
	if got := one(t, tallies); got.Offender || !got.Since.IsZero() {
		t.Fatal(got)
	}
}

func TestAnHourWithoutALineIsNeitherGoodNorBad(t *testing.T) {
	tallies := append(hourly(2, 90, 10), tally{"prod-pay", "api-5d4f8c7b9-x2x4z", hour.Add(-30 * time.Hour), "array", "payments", 1, nil})
	if got := one(t, tallies); !got.Offender {
		t.Fatal(got)
	}
}

func TestWhoHadNothingRejectedIsNotSpokenOf(t *testing.T) {
	if list := verdicts(hourly(3, 10, 0), []workload{pay}, atNoon, hour); len(list) != 0 {
		t.Fatal(list)
	}
}

func TestThePlatformsProgramsOffendNobody(t *testing.T) {
	list := verdicts(hourly(25, 90, 10), nil, rule{0.01, 24 * time.Hour, []string{"prod-pay"}}, hour.Add(30*time.Minute))
	if len(list) != 1 || list[0].Offender || list[0].Since.IsZero() || list[0].Owner != "payments" {
		t.Fatal(list)
	}
	ownerless := tally{"kube-system", "etcd-n1", hour, "type_conflict", "", 1, nil}
	if list = verdicts([]tally{ownerless}, nil, atNoon, hour); len(list) != 1 || list[0].Owner != platform {
		t.Fatal(list)
	}
}

func TestNamesThatNoKeyCanHoldAreNotListed(t *testing.T) {
	long := verdict{Workload: workload{"prod-pay", "Deployment", strings.Repeat("a", 240)}, Offender: true, Lines: 1}
	stray := verdict{Workload: workload{"", "Pod", ""}, Offender: true, Lines: 1}
	if entries := offences([]verdict{long, stray}); len(entries) != 0 {
		t.Fatal(entries)
	}
}

func TestAWaiverHoldsToTheEndOfItsDay(t *testing.T) {
	offender := one(t, hourly(25, 90, 10))
	for _, each := range []struct{ waiver, want string }{
		{"", "OFFENDER: no new revision without a waiver"},
		{"2026-11-30 a new parser comes", "OFFENDER, waived until 2026-11-30 a new parser comes"},
		{"2026-11-29 it came", "OFFENDER: its waiver has ended: 2026-11-29 it came"},
		{"tomorrow", "OFFENDER: its waiver is no date with a reason: tomorrow"},
		{"2026-11-31 there is no such day", "OFFENDER: its waiver is no date with a reason: 2026-11-31 there is no such day"},
	} {
		list := []verdict{offender}
		waive(list, map[string]string{"waiver.prod-pay.deployment.api": each.waiver})
		if got := list[0].standing(hour); got != each.want {
			t.Errorf("%s: %s", each.waiver, got)
		}
	}
}

func TestTheReportIsByTeamWithReasonsAndExamples(t *testing.T) {
	list := verdicts(append(hourly(25, 90, 10), tally{"prod-x", "web", hour, "multiline_suspect", "", 1, []string{"\tat x.Y\x1b[2J \\ \"z\""}}),
		[]workload{pay}, atNoon, hour.Add(30*time.Minute))
	got, err := written(list, hour.Add(-25*time.Hour), hour.Add(30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	want := `Rejected log lines by team, 2026-11-29 11:00Z to 2026-11-30 12:30Z

Team payments: 250 of 2500 lines
  Deployment prod-pay/api: 10.0 % of 2500 lines rejected since 2026-11-29 12:00Z: not_json 250 (OFFENDER: no new revision without a waiver)
    not_json
      | a
      | b
      | a

Team unknown: 1 of 1 lines
  Pod prod-x/web: 100.0 % of 1 lines rejected since 2026-11-30 12:00Z: multiline_suspect 1 (no offender)
    multiline_suspect
      | \tat x.Y\x1b[2J \ "z"
`
	if got["report.txt"] != want {
		t.Fatal(got["report.txt"])
	}
	if err := tells([]byte(got["report.json"]), "payments", "b"); err != nil {
		t.Error(err)
	}
	if tells([]byte(got["report.json"]), "payments", "c") == nil || tells([]byte(got["report.json"]), "other", "b") == nil {
		t.Error("what is not there is found")
	}
}

func TestAReportFitsIntoItsPlace(t *testing.T) {
	var list []verdict
	for at := range 3000 {
		list = append(list, verdict{Workload: workload{"n", "Pod", fmt.Sprint(at)}, Lines: 1, Rejected: map[string]int{"not_json": 1},
			Examples: map[string][]string{"not_json": {strings.Repeat("ä", 300)}}})
	}
	got, err := written(list, hour, hour)
	if err != nil || len(got["report.json"])+len(got["report.txt"]) > 1<<20 || !strings.Contains(got["report.txt"], "workloads with fewer rejected lines") {
		t.Fatal(len(got["report.json"]), len(got["report.txt"]), err)
	}
}

func TestPodsBelongToWhatMadeThem(t *testing.T) {
	standing := []workload{pay, {"prod-pay", "Deployment", "api-v2"}, {"prod-pay", "StatefulSet", "db"}, {"prod-pay", "DaemonSet", "agent"},
		{"prod-pay", "CronJob", "night"}, {"prod-pay", "Job", "once"}, {"prod-x", "Deployment", "web"}}
	for pod, want := range map[string]string{
		"api-5d4f8c7b9-x2x4z":    "prod-pay.deployment.api",
		"api-v2-5d4f8c7b9-x2x4z": "prod-pay.deployment.api-v2",
		"db-0":                   "prod-pay.statefulset.db",
		"agent-x2x4z":            "prod-pay.daemonset.agent",
		"night-29387520-x2x4z":   "prod-pay.cronjob.night",
		"once-x2x4z":             "prod-pay.job.once",
		"alone":                  "prod-pay.pod.alone",
		"web-5d4f8c7b9-x2x4z":    "prod-pay.pod.web-5d4f8c7b9-x2x4z",
	} {
		if got := madeBy("prod-pay", pod, standing).key(); got != want {
			t.Errorf("%s: %s, not %s", pod, got, want)
		}
	}
}
