package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/cert-manager/cert-manager/cmd/internal/command"
	"github.com/cert-manager/cert-manager/pkg/controller"
	dnsutil "github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/util"
	"github.com/cert-manager/cert-manager/pkg/util"
)

// options are the flags that the chart sets; what it never sets has the upstream program's default.
type options struct {
	controller.ContextOptions
	metrics, health string
	workers         int
	controllers     []string
	recursiveOnly   bool
	nameservers     []string
	features        map[string]bool
	leadership      command.Leadership
}

func defaults() *options {
	return &options{ContextOptions: controller.ContextOptions{
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterIssuerAmbientCredentials: true},
		ACMEOptions: controller.ACMEOptions{
			ACMEHTTP01SolverRunAsNonRoot: true,
			DNS01CheckRetryPeriod:        10 * time.Second,
		},
		IngressShimOptions: controller.IngressShimOptions{
			DefaultAutoCertificateAnnotations: []string{"kubernetes.io/tls-acme"},
		},
		CertificateOptions: controller.CertificateOptions{
			CopiedAnnotationPrefixes:                 []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	}}
}

func (o *options) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Kubeconfig, "kubeconfig", "", "cluster to work on; empty: the one this runs in")
	flags.StringVar(&o.Namespace, "namespace", "", "only work on this namespace; empty: on all")
	flags.StringVar(&o.ClusterResourceNamespace, "cluster-resource-namespace", "kube-system", "namespace of what cluster issuers refer to")
	flags.StringSliceVar(&o.controllers, "controllers", []string{"*"}, "controllers to run; -NAME leaves one out")
	flags.IntVar(&o.workers, "concurrent-workers", 5, "workers of each controller")
	flags.IntVar(&o.MaxConcurrentChallenges, "max-concurrent-challenges", 60, "ACME challenges at a time")
	flags.BoolVar(&o.EnableOwnerRef, "enable-certificate-owner-ref", false, "delete a certificate's Secret with it")
	flags.StringVar(&o.DefaultIssuerName, "default-issuer-name", "", "issuer of annotated ingresses that name none")
	flags.StringVar(&o.DefaultIssuerKind, "default-issuer-kind", "Issuer", "its kind")
	flags.StringVar(&o.DefaultIssuerGroup, "default-issuer-group", "cert-manager.io", "its group")
	flags.StringVar(&o.HTTP01SolverImage, "acme-http01-solver-image", "quay.io/jetstack/cert-manager-acmesolver:"+util.AppVersion, "image that answers HTTP-01 challenges")
	flags.StringVar(&o.HTTP01SolverRuntimeClassName, "acme-http01-solver-runtime-class-name", "", "runtime class of its pods")
	flags.StringToStringVar(&o.HTTP01SolverExtraLabels, "acme-http01-solver-extra-labels", nil, "further labels of its pods")
	flags.BoolVar(&o.recursiveOnly, "dns01-recursive-nameservers-only", false, "ask only recursive name servers for DNS-01")
	flags.StringSliceVar(&o.nameservers, "dns01-recursive-nameservers", nil, "these name servers, not the system's")
	flags.StringVar(&o.metrics, "metrics-listen-address", "0.0.0.0:9402", "address of the metrics")
	flags.StringVar(&o.health, "healthz-listen-address", "0.0.0.0:9403", "address of /livez")
	flags.Var(command.Features(&o.features), "feature-gates", "experimental features to turn on or off")
	o.leadership.AddFlags(flags)
}

// settings are the flags as the controllers want them.
func (o *options) settings() (controller.ContextOptions, error) {
	made := o.ContextOptions
	for _, amount := range []struct {
		into *resource.Quantity
		text string
	}{
		{&made.HTTP01SolverResourceRequestCPU, "10m"},
		{&made.HTTP01SolverResourceRequestMemory, "64Mi"},
		{&made.HTTP01SolverResourceLimitsCPU, "100m"},
		{&made.HTTP01SolverResourceLimitsMemory, "64Mi"},
	} {
		parsed, err := resource.ParseQuantity(amount.text)
		if err != nil {
			return made, fmt.Errorf("solver resources: %w", err)
		}
		*amount.into = parsed
	}
	made.DNS01CheckAuthoritative = !o.recursiveOnly
	made.DNS01Nameservers = o.nameservers
	if len(made.DNS01Nameservers) == 0 {
		made.DNS01Nameservers = dnsutil.RecursiveNameservers
	}
	return made, nil
}

// wants says whether a controller is to run: one that is named, or, where only others are left out, any other.
func (o *options) wants(name string) bool {
	if slices.Contains(o.controllers, "-"+name) {
		return false
	}
	named := slices.ContainsFunc(o.controllers, func(each string) bool { return !strings.HasPrefix(each, "-") })
	return !named || slices.Contains(o.controllers, "*") || slices.Contains(o.controllers, name)
}
