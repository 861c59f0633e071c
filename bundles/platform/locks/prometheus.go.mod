module sitewright.invalid/prometheus

go 1.26.7

require (
	cel.dev/expr v0.25.1
	github.com/Microsoft/go-winio v0.6.2
	github.com/felixge/httpsnoop v1.0.4
	github.com/fsnotify/fsnotify v1.9.0
	github.com/fxamacker/cbor/v2 v2.9.0
	github.com/go-logr/logr v1.4.3
	github.com/golang-jwt/jwt/v5 v5.3.0
	github.com/google/pprof v0.0.0-20260115054156-294ebfa9ad83
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.27.7
	github.com/prometheus/prometheus v0.316.0
	github.com/sirupsen/logrus v1.9.3
	github.com/spf13/pflag v1.0.9
	github.com/stretchr/objx v0.5.2
	github.com/stretchr/testify v1.11.1
	go.uber.org/zap v1.27.1
	go.yaml.in/yaml/v2 v2.4.3
	go.yaml.in/yaml/v3 v3.0.4
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
	google.golang.org/protobuf v1.36.12-0.20260120151049-f2248ac996af
	k8s.io/api v0.0.0
	k8s.io/apimachinery v0.0.0
	k8s.io/client-go v0.0.0
	k8s.io/gengo/v2 v2.0.0-20250922181213-ec3ebc5fd46b
	k8s.io/kube-openapi v0.0.0-20260317180543-43fb72c5454a
	k8s.io/streaming v0.0.0
	k8s.io/utils v0.0.0-20260210185600-b8788abfbbc2
	sigs.k8s.io/structured-merge-diff/v6 v6.3.3
)

replace k8s.io/api v0.0.0 => k8s.io/api v0.36.3

replace k8s.io/apimachinery v0.0.0 => k8s.io/apimachinery v0.36.3

replace k8s.io/client-go v0.0.0 => k8s.io/client-go v0.36.3

exclude github.com/Microsoft/go-winio v0.6.3

exclude github.com/felixge/httpsnoop v1.1.0

exclude github.com/fsnotify/fsnotify v1.10.1

exclude github.com/fxamacker/cbor/v2 v2.9.1

exclude github.com/go-logr/logr v1.4.4

exclude github.com/golang-jwt/jwt/v5 v5.3.1

exclude github.com/google/pprof v0.0.0-20261016150608-1facf8f91b50

exclude github.com/grpc-ecosystem/grpc-gateway/v2 v2.32.0

exclude github.com/spf13/pflag v1.0.10

exclude github.com/stretchr/objx v0.5.3

exclude github.com/stretchr/testify v1.12.1

exclude go.uber.org/zap v1.28.0

exclude go.yaml.in/yaml/v2 v2.4.4

exclude go.yaml.in/yaml/v3 v3.0.5

exclude golang.org/x/crypto v0.58.0

exclude golang.org/x/exp v0.0.0-20261014143641-f0251eb4aa3e

exclude golang.org/x/net v0.61.0

exclude golang.org/x/oauth2 v0.37.0

exclude golang.org/x/sync v0.24.0

exclude golang.org/x/sys v0.49.0

exclude golang.org/x/term v0.47.0

exclude golang.org/x/text v0.43.0

exclude golang.org/x/time v0.16.0

exclude google.golang.org/genproto/googleapis/api v0.0.0-20261019180522-ce908d29299b

exclude google.golang.org/genproto/googleapis/rpc v0.0.0-20261012220534-4341edf3f941

exclude google.golang.org/grpc v1.84.0

exclude google.golang.org/protobuf v1.36.12

exclude (
	k8s.io/api v0.36.3
	k8s.io/api v0.37.1
)

exclude (
	k8s.io/apimachinery v0.36.3
	k8s.io/apimachinery v0.37.1
)

exclude k8s.io/client-go v0.37.1

exclude k8s.io/kube-openapi v0.0.0-20260721132016-d427ff9ee9ad

exclude k8s.io/utils v0.0.0-20260626114624-be93311217bd

exclude sigs.k8s.io/structured-merge-diff/v6 v6.4.2

replace k8s.io/streaming v0.0.0 => k8s.io/streaming v0.36.3

exclude k8s.io/streaming v0.36.3
