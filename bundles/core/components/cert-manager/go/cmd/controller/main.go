// Command controller issues and renews certificates.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/cert-manager/cert-manager/cmd/internal/command"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/server"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

// leaderTimeout is how long after its lease has run out a leader that has not renewed it counts as dead.
const leaderTimeout = 20 * time.Second

func main() {
	o := defaults()
	cmd := &cobra.Command{
		Use:   "controller",
		Short: "Issue and renew certificates",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	o.addFlags(cmd.Flags())
	command.Logging(cmd)
	command.Run(cmd)
}

func run(ctx context.Context, o *options) error {
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(o.features); err != nil {
		return fmt.Errorf("feature gates: %w", err)
	}
	settings, err := o.settings()
	if err != nil {
		return err
	}
	factory, err := controller.NewContextFactory(ctx, settings)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	health := healthz.NewServer(leaderTimeout)
	listener, err := server.Listen(ctx, "tcp", o.health)
	if err != nil {
		return fmt.Errorf("health port: %w", err)
	}
	group.Go(func() error { return health.Start(ctx, listener) })
	if err := serveMetrics(ctx, group, factory, o.metrics); err != nil {
		return err
	}
	if o.leadership.Enabled {
		if err := lead(ctx, group, factory, o.leadership, health.LeaderHealthzAdaptor); err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		if err := control(ctx, group, factory, o); err != nil {
			return err
		}
	}
	return group.Wait()
}

// serveMetrics serves what the factory's controllers count, and the state of certificates and issuers.
func serveMetrics(ctx context.Context, group *errgroup.Group, factory *controller.ContextFactory, address string) error {
	own, err := factory.Build()
	if err != nil {
		return err
	}
	informers := own.SharedInformerFactory
	own.Metrics.SetupACMECollector(informers.Acme().V1().Challenges().Lister())
	own.Metrics.SetupCertificateCollector(informers.Certmanager().V1().Certificates().Lister())
	own.Metrics.SetupIssuerCollector(informers.Certmanager().V1().Issuers().Lister())
	own.Metrics.SetupClusterIssuerCollector(informers.Certmanager().V1().ClusterIssuers().Lister())
	listener, err := server.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("metrics port: %w", err)
	}
	metrics := own.Metrics.NewServer(listener)
	group.Go(func() error {
		if err := metrics.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return metrics.Close()
	})
	return nil
}

// lead returns when this replica has become the leader, or is asked to stop; losing the lease later fails the group.
func lead(
	ctx context.Context, group *errgroup.Group, factory *controller.ContextFactory, chosen command.Leadership,
	watchdog *leaderelection.HealthzAdaptor,
) error {
	own, err := factory.Build("leader-election")
	if err != nil {
		return err
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	lock, err := resourcelock.New(
		resourcelock.LeasesResourceLock, chosen.Namespace, "cert-manager-controller", own.Client.CoreV1(),
		own.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: name + "-external-cert-manager-controller", EventRecorder: own.Recorder},
	)
	if err != nil {
		return err
	}
	elected := make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   chosen.LeaseDuration,
		RenewDeadline:   chosen.RenewDeadline,
		RetryPeriod:     chosen.RetryPeriod,
		ReleaseOnCancel: true,
		WatchDog:        watchdog,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(elected) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	watchdog.SetLeaderElection(elector)
	group.Go(func() error {
		elector.Run(ctx)
		if ctx.Err() == nil {
			return errors.New("the lease is lost; another replica leads")
		}
		return nil
	})
	select {
	case <-elected:
	case <-ctx.Done():
	}
	return nil
}

// control starts every wanted controller, then the informers that feed them.
func control(ctx context.Context, group *errgroup.Group, factory *controller.ContextFactory, o *options) error {
	own, err := factory.Build()
	if err != nil {
		return err
	}
	log := logf.FromContext(ctx)
	known := controller.Known()
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !o.wants(name) {
			log.Info("not starting controller, since it is disabled", "controller", name)
			continue
		}
		made, err := known[name](factory)
		if err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
		log.V(logf.InfoLevel).Info("starting controller", "controller", name)
		group.Go(func() error { return made.Run(o.workers, ctx) })
	}
	own.SharedInformerFactory.Start(ctx.Done())
	own.KubeSharedInformerFactory.Start(ctx.Done())
	own.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	return nil
}
