package main

import (
	"bufio"
	"slices"
	"strings"
	"testing"
)

// line is a disk's past, one look an hour: its share `days` ago, and today's.
func line(days int, from, to float64) []usage {
	var past []usage
	for hour := range days*24 + 1 {
		share := from + (to-from)*float64(hour)/float64(days*24)
		past = append(past, usage{At: int64(hour) * 3600, Bytes: share, Inodes: 0.1})
	}
	return past
}

func TestAStraightLineIsFollowedToWhereADiskIsFull(t *testing.T) {
	rules := siteIn(t, "{}").Rules.Disks
	rising := func(past []usage) []usage {
		for at := range past {
			past[at].Inodes, past[at].Bytes = past[at].Bytes, past[at].Inodes
		}
		return past
	}
	for name, each := range map[string]struct {
		past  []usage
		state State
		days  float64
		what  string
	}{
		"flat":              {line(14, 0.5, 0.5), OK, 365, ""},
		"falling":           {line(14, 0.8, 0.5), OK, 365, ""},
		"slow":              {line(10, 0.40, 0.50), OK, 40, "bytes"},
		"within ten days":   {line(10, 0.50, 0.70), Warning, 10, "bytes"},
		"its inodes":        {rising(line(10, 0.50, 0.70)), Warning, 10, "inodes"},
		"within a day":      {line(10, 0.40, 0.86), Critical, 0.9, "bytes"},
		"full":              {line(1, 0.91, 0.91), Critical, 0, "bytes"},
		"known for a day":   {line(1, 0.10, 0.80), OK, 365, ""},
		"looked at once":    {line(0, 0.10, 0.80)[:0:0], OK, 365, ""},
		"never looked back": {[]usage{{At: 5, Bytes: 0.2}}, OK, 365, ""},
	} {
		if len(each.past) == 0 {
			each.past = []usage{{At: 1, Bytes: 0.5}}
		}
		found, err := forecast(map[string][]usage{"/": each.past, "/boot/x": line(5, 0.1, 0.1)}, rules)
		if err != nil || found.State != each.state || found.Value != each.days || !strings.HasSuffix(found.Subject, each.what) {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

func TestThePastGoesBackSoFarAndNoFurther(t *testing.T) {
	rules := siteIn(t, "{}").Rules.Disks
	old := usage{At: 100 * 86400, Bytes: 0.9}
	late, next := usage{At: 200 * 86400, Bytes: 0.2}, usage{At: 201 * 86400, Bytes: 0.3}
	ahead := usage{At: 300 * 86400, Bytes: 0.9} // the clock was wrong then
	known := remembered(map[string][]usage{"/": {old, late, ahead}, "/gone": {late}}, map[string]usage{"/": next}, rules)
	if len(known) != 1 || !slices.Equal(known["/"], []usage{late, next}) {
		t.Errorf("%v", known)
	}
}

func TestDisksOfTheHostAreLookedAtAndNotThoseOfPods(t *testing.T) {
	table := `22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
23 22 8:1 /x /etc rw - ext4 /dev/sda1 rw
24 22 8:2 / /usr rw - ext4 /dev/sdb1 rw
25 22 0:5 / /proc rw - proc proc rw
26 22 8:3 / /var ro,relatime - ext4 /dev/sdc1 ro
27 22 0:50 / /run rw - tmpfs tmpfs rw
28 22 8:4 / /var/lib/kubelet/pods/1/volumes/x rw - ext4 /dev/sdd1 rw
29 22 8:5 / /not/there rw - ext4 /dev/sde1 rw
`
	found, err := mounted(bufio.NewScanner(strings.NewReader(table)), siteIn(t, "{}").Rules.Disks)
	if err != nil || !slices.Equal(found, []string{"/", "/usr"}) {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := mounted(bufio.NewScanner(strings.NewReader("nonsense\n")), DiskRules{}); err == nil {
		t.Error("a table of another form was read")
	}
	if !below([]string{"/boot/*"}, "/boot/efi/x") || below([]string{"/boot"}, "/bootes") {
		t.Error("below")
	}
}

func TestThisMachinesDisksAreRemembered(t *testing.T) {
	site := siteIn(t, "{}")
	site.Rules.Disks.FullPercent = 200 // however full it is
	for range 2 {
		wants(t, look(t, disks, site), OK, "/")
	}
	known := map[string][]usage{}
	if !(Store{site.Home}).recall("disks-history", &known) || len(known["/"]) == 0 {
		t.Errorf("%v", known)
	}
	site.Rules.Disks.FullPercent = 0
	wants(t, look(t, disks, site), Critical, "")
}

func TestClocksAreJudgedByWhatServicesSay(t *testing.T) {
	chronyc := func(offset, leap string) string {
		return "Reference ID    : 0A000001 (10.0.0.1)\nStratum         : 3\nSystem time     : " + offset + " seconds slow of NTP time\nLeap status     : " + leap + "\n"
	}
	timesync := func(offset string) string {
		return "       Server: 10.0.0.1\n       Offset: " + offset + "\n        Delay: 1ms\n"
	}
	read := func(found kept, known bool, err error) kept {
		t.Helper()
		if err != nil || !known {
			t.Errorf("%v, %v", known, err)
		}
		return found
	}
	site := siteIn(t, "{}")
	for name, each := range map[string]struct {
		found kept
		state State
		value float64
	}{
		"chrony":              {read(readChrony(chronyc("0.000123456", "Normal"))), OK, 0.000123},
		"chrony, off":         {read(readChrony(chronyc("0.700000000", "Normal"))), Warning, 0.7},
		"chrony, far off":     {read(readChrony(chronyc("61.5", "Normal"))), Critical, 61.5},
		"chrony, unkept":      {read(readChrony(chronyc("0.0", "Not synchronised"))), Warning, 0},
		"timesyncd":           {read(readTimesyncd("yes\n", timesync("-370us"))), OK, 0.00037},
		"timesyncd, off":      {read(readTimesyncd("yes\n", timesync("+1min 2.500s"))), Critical, 62.5},
		"timesyncd, unkept":   {read(readTimesyncd("no\n", timesync("+1ms"))), Warning, 0.001},
		"timesyncd, unheard":  {read(readTimesyncd("yes\n", "")), Warning, 0},
		"the kernel, in step": {kept{"the kernel", true, -0.25}, OK, 0.25},
	} {
		if found := judged(each.found, site); found.State != each.state || found.Value != each.value || (found.Remedy == "") != (each.state == OK) {
			t.Errorf("%s: %+v", name, found)
		}
	}
	site.ClockWaived = true
	if found := judged(kept{by: "the kernel"}, site); found.State != OK {
		t.Errorf("waived: %+v", found)
	}
	if _, _, err := readChrony("506 Cannot talk to daemon"); err == nil {
		t.Error("no answer of chrony's was read")
	}
	if _, known, err := kernel(t.Context()); !known || err != nil {
		t.Errorf("the kernel: %v, %v", known, err)
	}
}
