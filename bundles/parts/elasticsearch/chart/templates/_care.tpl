{{- /* A pod that does one thing with the store and ends: a list of the root, the name, and what the program is told. */}}
{{- define "elasticsearch.care" }}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $told := index . 2 }}
metadata:
  labels: {app: {{ $name }}, part: elasticsearch-care}
spec:
  restartPolicy: OnFailure
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: care
      image: {{ $root.Values.images.elasticsearch }}
      command: {{ toJson $told }}
      resources:
        requests: {cpu: 10m, memory: 16Mi}
        limits: {memory: 64Mi}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: users, mountPath: /etc/elasticsearch, readOnly: true}
        - {name: authority, mountPath: /etc/tls, readOnly: true}
        - {name: indices, mountPath: /etc/indices, readOnly: true}
  volumes:
    - name: users
      secret: {secretName: users, defaultMode: 0440, items: [{key: credentials, path: credentials}]}
    - name: authority
      secret: {secretName: elasticsearch-tls, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
    - name: indices
      configMap: {name: elasticsearch-indices}
{{- end }}
