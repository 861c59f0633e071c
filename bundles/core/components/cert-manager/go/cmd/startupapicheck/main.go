// Command startupapicheck waits until cert-manager's API takes good requests and refuses bad ones.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cert-manager/cert-manager/cmd/internal/command"
	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
)

type options struct {
	kubeconfig, namespace string
	wait, interval        time.Duration
	verbose               bool
}

func main() {
	var o options
	api := &cobra.Command{
		Use:   "api",
		Short: "Check that the cert-manager API is ready",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return check(cmd.Context(), o) },
	}
	flags := api.Flags()
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "cluster to check; empty: the one this runs in")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "namespace of the dry-run requests")
	flags.DurationVar(&o.wait, "wait", 0, "wait as long as this for the API; 0: ask once")
	flags.DurationVar(&o.interval, "interval", 5*time.Second, "time between two attempts")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "show the exact cause of each failed attempt")
	group := &cobra.Command{Use: "check", Short: "Check cert-manager"}
	group.AddCommand(api)
	root := &cobra.Command{Use: "startupapicheck", Short: "Check that cert-manager has started"}
	root.AddCommand(group)
	command.Run(root)
}

func check(ctx context.Context, o options) error {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{})
	config, err := loaded.ClientConfig()
	if err != nil {
		return fmt.Errorf("loading the client configuration: %w", err)
	}
	if o.namespace == "" {
		if o.namespace, _, err = loaded.Namespace(); err != nil {
			return fmt.Errorf("finding the namespace: %w", err)
		}
	}
	checker, err := cmapichecker.New(config, o.namespace)
	if err != nil {
		return fmt.Errorf("making the client: %w", err)
	}
	var last error
	attempt := func(ctx context.Context) (bool, error) {
		if last = checker.Check(ctx); last != nil {
			o.explain(last)
			return false, nil
		}
		fmt.Println("The cert-manager API is ready")
		return true, nil
	}
	if o.wait == 0 {
		if ready, err := attempt(ctx); ready || err != nil {
			return err
		}
		return last
	}
	if err := wait.PollUntilContextTimeout(ctx, o.interval, o.wait, true, attempt); err != nil {
		return fmt.Errorf("not ready within %s: %w; last: %v", o.wait, err, last)
	}
	return nil
}

func (o options) explain(err error) {
	simple := cmapichecker.TranslateToSimpleError(err)
	switch {
	case simple == nil:
		fmt.Println("Not ready:", err)
	case o.verbose:
		fmt.Printf("Not ready: %v (%v)\n", simple, err)
	default:
		fmt.Println("Not ready:", simple)
	}
}
