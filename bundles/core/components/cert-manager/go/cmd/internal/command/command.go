// Package command holds what cert-manager's programs share: how they start, log, choose a leader and end.
package command

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"

	cmdutil "github.com/cert-manager/cert-manager/internal/cmd/util"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
)

// Run executes a command until it ends or a signal asks it to, and leaves with its exit code.
func Run(cmd *cobra.Command) {
	ctx, exit := cmdutil.SetupExitHandler(context.Background(), cmdutil.GracefulShutdown)
	defer exit() // last, since it ends the process
	logf.InitLogs()
	defer logf.FlushLogs()
	cmd.Version = util.AppVersion
	cmd.SilenceUsage = true
	cmd.SilenceErrors = true
	ctx = logf.NewContext(ctx, logf.Log, cmd.Name())
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		cmdutil.SetExitCode(err)
	}
}

// Logging adds the logging flags to a command, and applies them before it runs.
func Logging(cmd *cobra.Command) {
	logging := logsapi.NewLoggingConfiguration()
	logf.AddFlags(logging, cmd.PersistentFlags())
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { return logf.ValidateAndApply(logging) }
}

// Leadership says whether and how one of several replicas becomes the one that acts.
type Leadership struct {
	Enabled                                   bool
	Namespace                                 string
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
}

// AddFlags adds the flags of leader election, with cert-manager's own defaults.
func (l *Leadership) AddFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&l.Enabled, "leader-elect", true, "act only while holding the lease")
	flags.StringVar(&l.Namespace, "leader-election-namespace", "kube-system", "namespace of the lease")
	flags.DurationVar(&l.LeaseDuration, "leader-election-lease-duration", 60*time.Second, "how long a lease is valid")
	flags.DurationVar(&l.RenewDeadline, "leader-election-renew-deadline", 40*time.Second, "how long to try to renew it")
	flags.DurationVar(&l.RetryPeriod, "leader-election-retry-period", 15*time.Second, "how long to wait between tries")
}

// Features is the value of a --feature-gates flag.
func Features(into *map[string]bool) pflag.Value {
	return cliflag.NewMapStringBool(into)
}
