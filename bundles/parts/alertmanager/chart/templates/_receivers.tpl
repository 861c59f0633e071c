{{- /* One mail receiver for each address; `to` is the addresses. */}}
{{- define "mails" }}
{{- $root := index . 0 }}
{{- $mail := $root.Values.mail }}
{{- range index . 1 }}
          - to: {{ . | quote }}
            from: {{ required "mail.from is missing" $mail.from | quote }}
            smarthost: {{ $mail.smtp | quote }}
            send_resolved: true
            require_tls: {{ eq $mail.tls "starttls" }}
            force_implicit_tls: {{ eq $mail.tls "implicit" }}
            tls_config: {ca_file: {{ if $mail.ca }}/etc/alertmanager/mail-ca.crt{{ else }}/etc/tls/ca.crt{{ end }}}
{{- with $mail.username }}
            auth_username: {{ . | quote }}
            auth_password_file: /etc/mail/password
{{- end }}
            headers: {Subject: {{ printf "[%s] {{ template \"sitewright.subject\" . }}" $root.Values.site | quote }}}
            html: ""
            text: {{ `{{ template "sitewright.text" . }}` | quote }}
{{- end }}
{{- end }}
