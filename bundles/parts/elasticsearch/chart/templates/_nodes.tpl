{{- /* The pods of all nodes by their whole names, which is what a proxy asks DNS for. */}}
{{- define "elasticsearch.nodes" }}
  {{- range $n := until (int .Values.replicas) }}{{ if $n }},{{ end }}elasticsearch-{{ $n }}.elasticsearch-nodes.{{ $.Release.Namespace }}.svc.{{ $.Values.clusterDomain }}{{ end }}
{{- end }}
{{- /* What elasticsearch.yml says for one node, or for several: each is at 127.0.0.1 for all, at a port of its own. */}}
{{- define "elasticsearch.settings" }}
cluster.name: {{ .Values.site | quote }}
{{ if gt (int .Values.replicas) 1 -}}
node.name: elasticsearch-${NODE}
transport.port: 931${NODE}
transport.ping_schedule: 30s
discovery.seed_hosts: [{{ range $n := until (int .Values.replicas) }}{{ if $n }}, {{ end }}"127.0.0.1:931{{ $n }}"{{ end }}]
cluster.initial_master_nodes: [{{ range $n := until (int .Values.replicas) }}{{ if $n }}, {{ end }}elasticsearch-{{ $n }}{{ end }}]
{{- else -}}
discovery.type: single-node
{{- end }}
{{ .Files.Get "config/elasticsearch.yml" }}
{{- end }}
