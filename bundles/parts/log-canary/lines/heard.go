package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// hearing is what is asked of canaries: to be heard of each of these environments, on so many nodes at least.
type hearing struct {
	environments []string
	nodes        int
	span         time.Duration
	settle, late time.Duration
}

// heard proves that canaries are heard, everywhere where lines are kept, and that none of their last lines is lost.
func heard(ctx context.Context, argv []string) error {
	var from stores
	how := hearing{}
	flags := flag.NewFlagSet("heard", flag.ContinueOnError)
	from.flags(flags)
	environments := flags.String("environments", "", "whose canaries must be heard, with commas")
	flags.IntVar(&how.nodes, "nodes", 1, "on how many nodes of each")
	flags.DurationVar(&how.span, "span", 2*time.Minute, "how far it looks back")
	flags.DurationVar(&how.settle, "settle", 20*time.Second, "age from which a line that is not there is called lost")
	flags.DurationVar(&how.late, "late", time.Minute, "delay above which a line is late")
	if err := flags.Parse(argv); err != nil {
		return err
	}
	how.environments = strings.Split(*environments, ",")
	ctx, cancel := context.WithTimeout(ctx, 50*time.Second)
	defer cancel()
	for {
		found, err := how.look(ctx, from.keepers(), time.Now())
		if err == nil {
			fmt.Fprintln(os.Stdout, found)
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(3 * time.Second):
		}
	}
}

// look gives a table of nodes and, as its last line, the sum; an error where one is not heard, or a line is lost.
func (h hearing) look(ctx context.Context, keepers map[string]keeper, now time.Time) (string, error) {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "where\tenvironment\tnode\tlines\tlost\tlate\ttwice")
	var wrong []string
	sum, nodes := account{}, map[node]bool{}
	for where, keeper := range keepers {
		lines, err := keeper.canaryLines(ctx, now.Add(-h.span-before), now)
		if err != nil {
			return "", fmt.Errorf("log %s: %w", where, err)
		}
		found, of := accounts(lines, now.Add(-h.span), now.Add(-h.settle), h.late), map[string]int{}
		for _, each := range sorted(found) {
			books := found[each]
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%d\n", where, each.Cluster, each.Node, books.Seen, books.Lost, books.Late, books.Twice)
			if books.Seen > 0 {
				of[each.Cluster]++
				nodes[each] = true
			}
			sum.Seen, sum.Lost, sum.Late, sum.Twice = sum.Seen+books.Seen, sum.Lost+books.Lost, sum.Late+books.Late, sum.Twice+books.Twice
		}
		for _, environment := range h.environments {
			if of[environment] < h.nodes {
				wrong = append(wrong, fmt.Sprintf("%d of %d nodes of %s are heard in the log %s", of[environment], h.nodes, environment, where))
			}
		}
	}
	table.Flush()
	if sum.Lost > 0 {
		wrong = append(wrong, fmt.Sprintf("%d lines are lost", sum.Lost))
	}
	if len(wrong) > 0 {
		return "", errors.New(strings.Join(wrong, "; "))
	}
	return fmt.Sprintf("%scanaries of %d nodes are heard: %d lines, 0 lost, %d late, %d twice", out.String(), len(nodes), sum.Seen,
		sum.Late, sum.Twice), nil
}
