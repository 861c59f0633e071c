package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"
)

// room is how many bytes the report may have: a ConfigMap holds a MiB, and it is there twice, as text and as JSON.
const room = 400 << 10

// team is all that is said to one team.
type team struct {
	name            string
	lines, rejected int
	verdicts        []verdict
}

// teams are those of a list, who had most lines rejected first.
func teams(list []verdict) []team {
	found := map[string]*team{}
	for _, each := range list {
		of := found[each.Owner]
		if of == nil {
			of = &team{name: each.Owner}
			found[each.Owner] = of
		}
		of.lines, of.rejected = of.lines+each.Lines, of.rejected+each.rejected()
		of.verdicts = append(of.verdicts, each)
	}
	var ordered []team
	for _, each := range found {
		ordered = append(ordered, *each)
	}
	sort.Slice(ordered, func(a, b int) bool {
		x, y := ordered[a], ordered[b]
		return x.rejected > y.rejected || x.rejected == y.rejected && x.name < y.name
	})
	return ordered
}

// written is the report as the cluster keeps it: a text for people, by team, and all of it as JSON. What is too much goes
// from the end, where the fewest lines were rejected.
func written(list []verdict, from, now time.Time) (map[string]string, error) {
	if list == nil {
		list = []verdict{}
	}
	for shown := len(list); ; shown = shown * 3 / 4 {
		whole, err := json.MarshalIndent(map[string]any{"from": from.UTC(), "at": now.UTC(), "workloads": list[:shown], "omitted": len(list) - shown}, "", " ")
		if err != nil {
			return nil, err
		}
		text := texts(list[:shown], len(list)-shown, from, now)
		if len(whole) <= room && len(text) <= room || shown == 0 {
			return map[string]string{"report.json": string(whole), "report.txt": text}, nil
		}
	}
}

func texts(list []verdict, omitted int, from, now time.Time) string {
	var out strings.Builder
	const minute = "2006-01-02 15:04Z"
	fmt.Fprintf(&out, "Rejected log lines by team, %s to %s\n", from.UTC().Format(minute), now.UTC().Format(minute))
	if len(list) == 0 {
		fmt.Fprintln(&out, "\nNone.")
	}
	for _, each := range teams(list) {
		fmt.Fprintf(&out, "\nTeam %s: %d of %d lines\n", each.name, each.rejected, each.lines)
		for _, said := range each.verdicts {
			fmt.Fprintf(&out, "  %s: %s (%s)\n", said.Workload, said.sentence(), said.standing(now))
			for _, reason := range said.reasons() {
				fmt.Fprintf(&out, "    %s\n", reason)
				for _, example := range said.Examples[reason] {
					fmt.Fprintf(&out, "      | %s\n", oneLine(example))
				}
			}
		}
	}
	if omitted > 0 {
		fmt.Fprintf(&out, "\nAnd %d workloads with fewer rejected lines.\n", omitted)
	}
	return out.String()
}

// oneLine shows what would move the cursor of a terminal, or end the line, as its code.
func oneLine(text string) string {
	quoted := fmt.Sprintf("%q", text)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}
