package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ClockRules say how far a clock may be off.
type ClockRules struct {
	WarningSeconds  float64 `json:"warning_seconds"`
	CriticalSeconds float64 `json:"critical_seconds"`
}

// kept is how a clock is kept: by what, whether it is in step, and how many seconds it is off.
type kept struct {
	by     string
	inStep bool
	offset float64
}

// clock asks the time service that this host has, and the kernel where it has none that can be asked.
func clock(ctx context.Context, site Site, _ Store, _ time.Time) (Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for _, ask := range []func(context.Context) (kept, bool, error){chrony, timesyncd, kernel} {
		if found, known, err := ask(ctx); err != nil || known {
			return judged(found, site), err
		}
	}
	return Finding{}, errors.New("neither a time service nor the kernel says anything of the clock")
}

func judged(found kept, site Site) Finding {
	rules := site.Rules.Clock
	told := Finding{Value: math.Round(math.Abs(found.offset)*1e6) / 1e6, Limit: rules.WarningSeconds, Unit: "seconds off",
		Subject: "the clock, as " + found.by + " says"}
	remedy := "see `timedatectl` and `chronyc sources`: the time server may not answer any more"
	switch {
	case told.Value > rules.CriticalSeconds:
		told.State, told.Limit = Critical, rules.CriticalSeconds
	case told.Value > rules.WarningSeconds:
		told.State = Warning
	case !found.inStep && !site.ClockWaived:
		told.State, told.Subject = Warning, "nothing keeps the clock, as "+found.by+" says"
		remedy = "have a time service run that reaches a time server of the site (chrony or systemd-timesyncd)"
	}
	if told.State != OK {
		told.Remedy = remedy
	}
	return told
}

// said is what a program prints; false where it is not there or what it asks does not run.
func said(ctx context.Context, program string, args ...string) (string, bool) {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	return string(out), err == nil
}

var systemTime = regexp.MustCompile(`(?m)^System time\s*: ([0-9.]+) seconds (slow|fast)`)

func chrony(ctx context.Context) (kept, bool, error) {
	text, answers := said(ctx, "chronyc", "-n", "tracking")
	if !answers {
		return kept{}, false, nil
	}
	return readChrony(text)
}

func readChrony(text string) (kept, bool, error) {
	match := systemTime.FindStringSubmatch(text)
	if match == nil {
		return kept{}, false, fmt.Errorf("chronyc says nothing of the system time: %q", text)
	}
	offset, err := strconv.ParseFloat(match[1], 64)
	return kept{"chrony", strings.Contains(text, "\nLeap status     : Normal"), offset}, err == nil, err
}

var offsetLine = regexp.MustCompile(`(?m)^\s*Offset: ([+-]?)(\S.*)$`)

func timesyncd(ctx context.Context) (kept, bool, error) {
	if _, runs := said(ctx, "systemctl", "is-active", "systemd-timesyncd.service"); !runs {
		return kept{}, false, nil
	}
	state, answers := said(ctx, "timedatectl", "show", "--property=NTPSynchronized", "--value")
	if !answers {
		return kept{}, false, nil
	}
	text, _ := said(ctx, "timedatectl", "timesync-status")
	return readTimesyncd(state, text)
}

func readTimesyncd(state, text string) (kept, bool, error) {
	found := kept{by: "systemd-timesyncd", inStep: strings.TrimSpace(state) == "yes"}
	match := offsetLine.FindStringSubmatch(text)
	if match == nil { // it has not heard from a server yet
		found.inStep = false
		return found, true, nil
	}
	// "1min 2.5s", "370us": as Go writes a duration, but for blanks and the name of a minute.
	short := strings.NewReplacer(" ", "", "min", "m").Replace(strings.TrimSpace(match[2]))
	offset, err := time.ParseDuration(short)
	found.offset = offset.Seconds()
	if err != nil {
		return kept{}, false, fmt.Errorf("timedatectl gives the offset %q", match[2])
	}
	return found, true, nil
}

const (
	unsynchronised = 0x0040 // STA_UNSYNC of timex.h
	nanoseconds    = 0x2000 // STA_NANO
)

// kernel is what the kernel was told by whichever service steers it.
func kernel(context.Context) (kept, bool, error) {
	var state syscall.Timex
	if _, err := syscall.Adjtimex(&state); err != nil {
		return kept{}, false, nil
	}
	unit := 1e-6
	if state.Status&nanoseconds != 0 {
		unit = 1e-9
	}
	return kept{"the kernel", state.Status&unsynchronised == 0, float64(state.Offset) * unit}, true, nil
}
