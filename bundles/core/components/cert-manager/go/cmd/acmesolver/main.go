// Command acmesolver answers one HTTP-01 challenge of an ACME certificate authority.
package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/cert-manager/cert-manager/cmd/internal/command"
	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

func main() {
	answer := &solver.HTTP01Solver{}
	cmd := &cobra.Command{
		Use:   "acmesolver",
		Short: "Answer one HTTP-01 challenge",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), answer) },
	}
	flags := cmd.Flags()
	flags.IntVar(&answer.ListenPort, "listen-port", 8089, "port to listen on")
	flags.StringVar(&answer.Domain, "domain", "", "domain that is verified")
	flags.StringVar(&answer.Token, "token", "", "token of the challenge")
	flags.StringVar(&answer.Key, "key", "", "key to answer with")
	command.Logging(cmd)
	command.Run(cmd)
}

func serve(ctx context.Context, answer *solver.HTTP01Solver) error {
	stop := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := answer.Shutdown(ending); err != nil {
			logf.FromContext(ctx).Error(err, "shutting down")
		}
	})
	defer stop()
	if err := answer.Listen(logf.FromContext(ctx)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
