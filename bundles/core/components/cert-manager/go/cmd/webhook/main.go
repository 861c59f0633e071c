// Command webhook validates and completes cert-manager's resources when the API server asks.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cert-manager/cert-manager/cmd/internal/command"
	"github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
)

func main() {
	config, err := options.NewWebhookConfiguration()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "Validate and complete cert-manager's resources",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := logf.ValidateAndApply(&config.Logging); err != nil {
				return fmt.Errorf("logging flags: %w", err)
			}
			if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(config.FeatureGates); err != nil {
				return fmt.Errorf("feature gates: %w", err)
			}
			server, err := webhook.NewCertManagerWebhookServer(logf.FromContext(cmd.Context()), *config)
			if err != nil {
				return err
			}
			return server.Run(cmd.Context())
		},
	}
	options.AddConfigFlags(cmd.Flags(), config)
	command.Run(cmd)
}
