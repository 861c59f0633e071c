module sitewright.invalid/metrics-server

go 1.26.4

require (
	cel.dev/expr v0.25.1
	github.com/Azure/go-ansiterm v0.0.0-20230124172434-306776ec8161
	github.com/antlr4-go/antlr/v4 v4.13.0
	github.com/fsnotify/fsnotify v1.9.0
	github.com/fxamacker/cbor/v2 v2.9.0
	github.com/go-openapi/jsonpointer v0.21.0
	github.com/go-openapi/jsonreference v0.20.2
	github.com/go-openapi/swag v0.23.0
	github.com/golang-jwt/jwt/v5 v5.3.0
	github.com/google/cel-go v0.26.0
	github.com/google/gnostic-models v0.7.0
	github.com/google/pprof v0.0.0-20260115054156-294ebfa9ad83
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.27.7
	github.com/moby/term v0.5.0
	github.com/onsi/ginkgo/v2 v2.28.1
	github.com/onsi/gomega v1.39.1
	github.com/prometheus/common v0.67.5
	github.com/prometheus/procfs v0.19.2
	github.com/spf13/pflag v1.0.9
	go.etcd.io/etcd/api/v3 v3.6.8
	go.etcd.io/etcd/client/pkg/v3 v3.6.8
	go.etcd.io/etcd/client/v3 v3.6.8
	go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc v0.65.0
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.65.0
	go.opentelemetry.io/otel v1.41.0
	go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.40.0
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.40.0
	go.opentelemetry.io/otel/metric v1.41.0
	go.opentelemetry.io/otel/sdk v1.40.0
	go.opentelemetry.io/otel/trace v1.41.0
	go.opentelemetry.io/proto/otlp v1.9.0
	go.uber.org/zap v1.27.1
	go.yaml.in/yaml/v2 v2.4.3
	golang.org/x/crypto v0.47.0
	golang.org/x/exp v0.0.0-20251219203646-944ab1f22d93
	golang.org/x/mod v0.32.0
	golang.org/x/net v0.49.0
	golang.org/x/oauth2 v0.34.0
	golang.org/x/sync v0.19.0
	golang.org/x/sys v0.40.0
	golang.org/x/term v0.39.0
	golang.org/x/text v0.33.0
	golang.org/x/time v0.14.0
	golang.org/x/tools v0.41.0
	google.golang.org/genproto/googleapis/api v0.0.0-20260128011058-8636f8732409
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260128011058-8636f8732409
	google.golang.org/grpc v1.79.3
	k8s.io/api v0.0.0
	k8s.io/apimachinery v0.0.0
	k8s.io/apiserver v0.0.0
	k8s.io/client-go v0.0.0
	k8s.io/code-generator v0.0.0
	k8s.io/component-base v0.0.0
	k8s.io/kms v0.0.0
	k8s.io/kube-openapi v0.0.0-20260317180543-43fb72c5454a
	k8s.io/metrics v0.0.0
	k8s.io/streaming v0.0.0
	k8s.io/utils v0.0.0-20260210185600-b8788abfbbc2
	sigs.k8s.io/apiserver-network-proxy/konnectivity-client v0.34.0
	sigs.k8s.io/metrics-server v0.9.0
	sigs.k8s.io/structured-merge-diff/v6 v6.3.3
)

replace k8s.io/api v0.0.0 => k8s.io/api v0.36.3

replace k8s.io/apimachinery v0.0.0 => k8s.io/apimachinery v0.36.3

replace k8s.io/apiserver v0.0.0 => k8s.io/apiserver v0.36.3

replace k8s.io/client-go v0.0.0 => k8s.io/client-go v0.36.3

replace k8s.io/component-base v0.0.0 => k8s.io/component-base v0.36.3

replace k8s.io/kms v0.0.0 => k8s.io/kms v0.36.3

replace k8s.io/metrics v0.0.0 => k8s.io/metrics v0.36.3

replace k8s.io/streaming v0.0.0 => k8s.io/streaming v0.36.3

exclude cel.dev/expr v0.25.2

exclude github.com/Azure/go-ansiterm v0.0.0-20250102033503-faa5f7b0171c

exclude github.com/antlr4-go/antlr/v4 v4.13.1

exclude github.com/fsnotify/fsnotify v1.10.1

exclude github.com/fxamacker/cbor/v2 v2.9.2

exclude github.com/go-openapi/jsonpointer v0.23.1

exclude github.com/go-openapi/jsonreference v0.21.6

exclude github.com/go-openapi/swag v0.26.0

exclude github.com/google/cel-go v0.28.1

exclude github.com/google/gnostic-models v0.7.1

exclude github.com/google/pprof v0.0.0-20260604005048-7023385849c0

exclude github.com/grpc-ecosystem/grpc-gateway/v2 v2.29.0

exclude github.com/moby/term v0.5.2

exclude github.com/onsi/ginkgo/v2 v2.32.0

exclude github.com/onsi/gomega v1.42.1

exclude github.com/prometheus/common v0.69.0

exclude github.com/prometheus/procfs v0.20.1

exclude github.com/spf13/pflag v1.0.10

exclude go.etcd.io/etcd/api/v3 v3.6.11

exclude go.etcd.io/etcd/client/pkg/v3 v3.6.11

exclude go.etcd.io/etcd/client/v3 v3.6.11

exclude go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc v0.69.0

exclude go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.69.0

exclude go.opentelemetry.io/otel v1.44.0

exclude go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.44.0

exclude go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.44.0

exclude go.opentelemetry.io/otel/metric v1.44.0

exclude go.opentelemetry.io/otel/sdk v1.44.0

exclude go.opentelemetry.io/otel/trace v1.44.0

exclude go.opentelemetry.io/proto/otlp v1.10.0

exclude go.uber.org/zap v1.28.0

exclude go.yaml.in/yaml/v2 v2.4.4

exclude golang.org/x/crypto v0.53.0

exclude golang.org/x/exp v0.0.0-20260529124908-c761662dc8c9

exclude golang.org/x/mod v0.36.0

exclude golang.org/x/net v0.56.0

exclude golang.org/x/oauth2 v0.36.0

exclude golang.org/x/sync v0.21.0

exclude golang.org/x/sys v0.46.0

exclude golang.org/x/term v0.44.0

exclude golang.org/x/text v0.38.0

exclude golang.org/x/time v0.15.0

exclude golang.org/x/tools v0.45.0

exclude google.golang.org/genproto/googleapis/api v0.0.0-20260615183401-62b3387ff324

exclude google.golang.org/genproto/googleapis/rpc v0.0.0-20260610212136-7ab31c22f7ad

exclude google.golang.org/grpc v1.81.1

exclude (
	k8s.io/api v0.36.2
	k8s.io/api v0.36.3
)

exclude (
	k8s.io/apimachinery v0.36.2
	k8s.io/apimachinery v0.36.3
)

exclude k8s.io/apiserver v0.36.2

exclude (
	k8s.io/client-go v0.36.2
	k8s.io/client-go v0.36.3
)

exclude (
	k8s.io/component-base v0.36.2
	k8s.io/component-base v0.36.3
)

exclude (
	k8s.io/kms v0.36.2
	k8s.io/kms v0.36.3
)

exclude k8s.io/kube-openapi v0.0.0-20260520065146-aa012df4f4af

exclude k8s.io/metrics v0.36.2

exclude (
	k8s.io/streaming v0.36.2
	k8s.io/streaming v0.36.3
)

exclude k8s.io/utils v0.0.0-20260507154919-ff6756f316d2

exclude sigs.k8s.io/apiserver-network-proxy/konnectivity-client v0.35.0

exclude sigs.k8s.io/structured-merge-diff/v6 v6.4.0

replace k8s.io/code-generator v0.0.0 => k8s.io/code-generator v0.36.3

exclude k8s.io/code-generator v0.36.3
