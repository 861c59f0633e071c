{{- /* 22 letters of base64, made of a text: what Kafka calls a UUID. */}}
{{- define "kafka.uuid" }}{{ . | sha256sum | trunc 16 | b64enc | trunc 22 }}{{ end }}
{{- /* The controllers, and how they are told to each other before they have met. */}}
{{- define "kafka.controllers" }}
  {{- range $n := until (int .Values.replicas) }}{{ if $n }},{{ end }}kafka-{{ $n }}.kafka-brokers.{{ $.Release.Namespace }}.svc:9093{{ end }}
{{- end }}
{{- define "kafka.first" }}
  {{- range $n := until (int .Values.replicas) }}{{ if $n }},{{ end }}{{ $n }}@kafka-{{ $n }}.kafka-brokers.{{ $.Release.Namespace }}.svc:9093:{{ include "kafka.uuid" (printf "%s/kafka-%d" $.Values.site $n) }}{{ end }}
{{- end }}
{{- /* How many brokers have to have a message before it counts as written. */}}
{{- define "kafka.insync" }}{{ if ge (int .Values.replicas) 3 }}2{{ else }}1{{ end }}{{ end }}
{{- /* The size of the volume in GiB: what it was made with, for a StatefulSet cannot change it any more. */}}
{{- define "kafka.disk" }}
  {{- $made := lookup "apps/v1" "StatefulSet" .Release.Namespace "kafka" }}
  {{- if $made }}{{ (first $made.spec.volumeClaimTemplates).spec.resources.requests.storage | trimSuffix "Gi" }}{{ else }}{{ .Values.disk }}{{ end }}
{{- end }}
