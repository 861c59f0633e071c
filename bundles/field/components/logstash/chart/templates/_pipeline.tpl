{{- define "filter" -}}
filter {
  ruby {
    path => "/etc/pipeline/judge.rb"
    script_params => { "rules" => "/etc/pipeline/rules.yaml" "platform" => {{ .Values.platform | toJson }} }
  }
}
{{- end }}
{{- define "output" -}}
output {
  elasticsearch {
    hosts => [{{ .Values.store.url | toJson }}]
    user => "${STORE_USERNAME}"
    password => "${STORE_PASSWORD}"
    ssl_certificate_authorities => ["/etc/tls/ca.crt"]
    # A document that comes twice is there once.
    action => "create"
    index => "%{[@metadata][index]}"
    document_id => "%{[@metadata][id]}"
    data_stream => false
    ilm_enabled => false
    manage_template => false
  }
}
{{- end }}
