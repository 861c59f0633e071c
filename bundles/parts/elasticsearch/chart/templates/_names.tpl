{{- /* The size of the volume in GiB: what it was made with, for a StatefulSet cannot change it any more. */}}
{{- define "elasticsearch.disk" }}
  {{- $made := lookup "apps/v1" "StatefulSet" .Release.Namespace "elasticsearch" }}
  {{- if $made }}{{ (first $made.spec.volumeClaimTemplates).spec.resources.requests.storage | trimSuffix "Gi" }}{{ else }}{{ .Values.disk }}{{ end }}
{{- end }}
