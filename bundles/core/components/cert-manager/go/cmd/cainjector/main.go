// Command cainjector writes certificate authorities into the webhooks, API services and resource definitions that ask.
package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	admissionreg "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kscheme "k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/cert-manager/cert-manager/cmd/internal/command"
	"github.com/cert-manager/cert-manager/internal/kube"
	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
)

type options struct {
	kubeconfig, namespace, metrics string
	certificates                   bool
	features                       map[string]bool
	leadership                     command.Leadership
}

func main() {
	var o options
	cmd := &cobra.Command{
		Use:   "cainjector",
		Short: "Write certificate authorities into the resources that ask for them",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "cluster to work on; empty: the one this runs in")
	flags.StringVar(&o.namespace, "namespace", "", "only read Secrets and Certificates of this namespace; empty: of all")
	flags.StringVar(&o.metrics, "metrics-listen-address", "0.0.0.0:9402", `address of the metrics; "0": none`)
	flags.BoolVar(&o.certificates, "enable-certificates-data-source", true, "take authorities from Certificates too")
	flags.Var(command.Features(&o.features), "feature-gates", "experimental features to turn on or off")
	o.leadership.AddFlags(flags)
	command.Logging(cmd)
	command.Run(cmd)
}

func run(ctx context.Context, o options) error {
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(o.features); err != nil {
		return fmt.Errorf("feature gates: %w", err)
	}
	ctrl.SetLogger(logf.FromContext(ctx))
	config, err := kube.BuildClientConfig("", o.kubeconfig)
	if err != nil {
		return fmt.Errorf("loading the client configuration: %w", err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		kscheme.AddToScheme, cmapi.AddToScheme, apiext.AddToScheme, apireg.AddToScheme, admissionreg.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	settings := ctrl.Options{
		Scheme:                        scheme,
		LeaderElection:                o.leadership.Enabled,
		LeaderElectionNamespace:       o.leadership.Namespace,
		LeaderElectionID:              "cert-manager-cainjector-leader-election",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &o.leadership.LeaseDuration,
		RenewDeadline:                 &o.leadership.RenewDeadline,
		RetryPeriod:                   &o.leadership.RetryPeriod,
		Metrics:                       metricsserver.Options{BindAddress: o.metrics},
		// Only the metadata of Secrets is watched; their data is read when it is wanted, never kept in memory.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	}
	if o.namespace != "" {
		settings.Cache.DefaultNamespaces = map[string]cache.Config{o.namespace: {}}
	}
	// Server-side apply takes its field manager from the user agent, and is refused without one.
	manager, err := ctrl.NewManager(util.RestConfigWithUserAgent(config, "cainjector"), settings)
	if err != nil {
		return err
	}
	err = cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
		Namespace:                    o.namespace,
		EnableCertificatesDataSource: o.certificates,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   true,
			cainjector.ValidatingWebhookConfigurationName: true,
			cainjector.APIServiceName:                     true,
			cainjector.CustomResourceDefinitionName:       true,
		},
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}
