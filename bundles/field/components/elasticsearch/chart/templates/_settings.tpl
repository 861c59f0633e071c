{{- define "elasticsearch.settings" -}}
cluster.name: {{ .Values.site }}
node.name: ${HOSTNAME}
path.data: /usr/share/elasticsearch/data
network.host: 0.0.0.0
{{- if gt (int .Values.replicas) 1 }}
discovery.seed_hosts: [elasticsearch-nodes.{{ .Release.Namespace }}.svc]
cluster.initial_master_nodes: {{ $names := list }}{{ range until (int .Values.replicas) }}{{ $names = append $names (printf "elasticsearch-%d" .) }}{{ end }}{{ toJson $names }}
{{- else }}
discovery.type: single-node
{{- end }}
# Without a setting of the host's kernel (vm.max_map_count), and a little slower.
node.store.allow_mmap: false
# Nothing asks the internet for anything.
ingest.geoip.downloader.enabled: false
xpack.ml.enabled: false
# Its own templates claim logs-*-* for data streams.
stack.templates.enabled: false
action.destructive_requires_name: true
xpack.security.enabled: true
{{- range list "http" "transport" }}
xpack.security.{{ . }}.ssl:
  enabled: true
  key: tls/tls.key
  certificate: tls/tls.crt
  certificate_authorities: [tls/ca.crt]
  supported_protocols: [TLSv1.3, TLSv1.2]
{{- end }}
# The authority signs others too: that none but these nodes come to this port is for the network policy to see to.
xpack.security.transport.ssl.client_authentication: required
xpack.security.transport.ssl.verification_mode: certificate
{{- end }}
