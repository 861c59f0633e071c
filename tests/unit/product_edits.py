"""Edits of the sample product, each of which makes one contradiction."""

from __future__ import annotations

from product_sample import DIGEST, MANIFEST, OTHER, SERVICES, STATED, Edit

NEXT, FIRST_VARIABLE = "apiVersion: autoscaling/v2\n", '{name: LISTEN, value: ":8080"}'
BUDGET = """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: few, namespace: prod-demo}
spec:
  selector: {matchExpressions: [{key: app, operator: In, values: [x]}]}
---
"""
AGAIN = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: prod-demo}
data: {REGION: "west"}
---
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: demo}\n---\n"
STORE = "  - apiVersion: v1\n    kind: Service\n    metadata: {name: store,"
NIGHT = f"""  - apiVersion: batch/v1
    kind: CronJob
    metadata: {{name: night, namespace: prod-demo}}
    spec:
      jobTemplate:
        spec:
          template:
            metadata: {{labels: {{logging.sitewright/format: json, logging.sitewright/owner: a}}}}
            spec: {{containers: [{{name: a, image: 'x@{DIGEST}', resources: *small}}]}}
"""
EDITS = (
    Edit(
        "workload-missing",
        SERVICES,
        "  store:\n",
        "  ghost: {image: registry.example/ghost, logs: {format: none}}\n  store:\n",
    ),
    Edit("container-missing", SERVICES, "    container: main\n", ""),
    Edit("target-missing", MANIFEST, "kind: Deployment, name: orders}", "kind: Deployment, name: order}"),
    Edit("image-no-digest", OTHER, f"registry.example/store:16@{DIGEST}", "registry.example/store:16"),
    Edit("image-other", MANIFEST, "orders:1.2@", "orders:1.3@", "orders"),
    Edit("image-other", OTHER, f"registry.example/pay@{DIGEST}", "registry.example/pay@sha256:" + "6" * 64, "payments"),
    Edit("image-other", OTHER, "registry.example/store:16", "other.example/store:16", "store"),
    Edit("requests-missing", MANIFEST, "cpu: 0.1, ", ""),
    Edit("requests-missing", OTHER, "              resources: *small\n  - apiVersion", "  - apiVersion"),
    Edit("requests-other", MANIFEST, "memory: 128Mi", "memory: 129Mi", "orders"),
    Edit("variable-unset", STATED, "      REGION:\n", "      REGION:\n      ZONE:\n", "orders"),
    Edit("variable-unknown", STATED, '      LISTEN: {value: ":8080"}\n', "", "orders"),
    Edit("variable-unknown", MANIFEST, 'REGION: "north"', 'REGION: "north"\n  ZONE: "a"', "orders"),
    Edit("variable-other", STATED, "      REGION:\n", "      REGION: {value: south}\n", "orders"),
    Edit("variable-other", MANIFEST, FIRST_VARIABLE, '{name: LISTEN, value: ":8081"}', "orders"),
    Edit(
        "variable-twice",
        MANIFEST,
        FIRST_VARIABLE,
        '{name: LISTEN, value: ":8080"}\n            - {name: LISTEN, value: ":8080"}',
    ),
    Edit("value-no-text", MANIFEST, 'REGION: "north"', "REGION: on"),
    Edit("value-no-text", MANIFEST, 'REGION: "north"', "REGION: 7"),
    Edit(
        "secret-in-clear",
        MANIFEST,
        "{name: LISTEN",
        '{name: MODE, value: "postgres://a:b1c2@db/x"}\n            - {name: LISTEN',
    ),
    Edit("secret-unmounted", STATED, "mount: /secrets/db", "mount: /secrets", "orders"),
    Edit(
        "secret-unmounted", SERVICES, "secrets: [{name: orders-db", "secrets: [{name: other}, {name: orders-db", "store"
    ),
    Edit("secret-other", STATED, "variables: {DB_PASSWORD: password}", "variables: {DB_PASSWORD: user}", "orders"),
    Edit(
        "secret-unstated",
        SERVICES,
        "    secrets: [{name: orders-db, keys: [password], mount: /run/secret}]\n",
        "",
        "store",
    ),
    Edit("secret-key-missing", STATED, "keys: [user, password]", "keys: [user, password, host]", "orders"),
    Edit(
        "reference-missing",
        MANIFEST,
        "secret: {secretName: orders-db}",
        "projected: {sources: [{secret: {name: orders-db}}, {configMap: {name: gone}}]}",
    ),
    Edit(
        "reference-missing",
        OTHER,
        "          volumes: [{name: secret,",
        "          serviceAccountName: gone\n          volumes: [{name: secret,",
    ),
    Edit("key-missing", OTHER, "{key: password, path: password}", "{key: passwort, path: password}"),
    Edit("port-unopened", STATED, "port: 8080}]", "port: 8080}, {port: 8081}]", "orders"),
    Edit(
        "port-unstated",
        MANIFEST,
        "containerPort: 8080}",
        "containerPort: 8080}\n            - {containerPort: 9}",
        "orders",
    ),
    Edit("target-port-missing", MANIFEST, "targetPort: http}", "targetPort: htttp}"),
    Edit("target-port-missing", OTHER, "targetPort: 9000", "targetPort: 9001"),
    Edit("selector-empty", MANIFEST, "selector: {app: orders}", "selector: {app: order}"),
    Edit("selector-empty", MANIFEST, NEXT, BUDGET + NEXT),
    Edit("selector-foreign", OTHER, "matchLabels: {app: store}", "matchLabels: {app: stores}"),
    Edit("peer-missing", STATED, "service: payments", "service: payment", "orders"),
    Edit("peer-missing", STATED, "service: store", "service: stores", "orders"),
    Edit("peer-port", STATED, "port: 80}", "port: 9000}", "orders"),
    Edit("peer-port", STATED, "port: 5432", "port: 5433", "orders"),
    Edit("backend-missing", MANIFEST, "port: {name: http}", "port: {number: 8080}"),
    Edit("backend-missing", MANIFEST, "service: {name: orders, port", "service: {name: order, port"),
    Edit("backend-missing", OTHER, "serviceName: store", "serviceName: stores"),
    Edit("probe-other", MANIFEST, "path: /ready", "path: /readyz", "orders"),
    Edit("probe-other", STATED, "readiness: /ready", "startup: /up, readiness: /ready", "orders"),
    Edit("probe-other", STATED, ", liveness: /live", "", "orders"),
    Edit("probe-port", MANIFEST, "path: /live, port: 8080", "path: /live, port: 8081"),
    Edit("volume-unmounted", STATED, "{mount: /tmp,", "{mount: /var/tmp,", "orders"),
    Edit("volume-missing", MANIFEST, "{name: tmp, mountPath", "{name: temp, mountPath", "orders"),
    Edit("volume-unstated", STATED, "{mount: /data, size_gib: 1}, ", "", "orders"),
    Edit("volume-fleeting", STATED, ", kind: scratch", "", "orders"),
    Edit("volume-small", STATED, "size_gib: 1", "size_gib: 2.5", "orders"),
    Edit("storage-class", MANIFEST, "storageClassName: local-path", "storageClassName: fast"),
    Edit("logs-text", STATED, "logs: {format: json}", "logs: {format: text}", "orders"),
    Edit("logs-text", STATED, "logs: {format: json}", "logs: {format: json, lines: several}", "orders"),
    Edit("log-labels", MANIFEST, "        logging.sitewright/format: json\n", ""),
    Edit("log-labels", MANIFEST, "        logging.sitewright/owner: team-a\n", ""),
    Edit("log-labels-other", MANIFEST, "sitewright/format: json", "sitewright/format: none", "orders"),
    Edit("log-labels-other", STATED, "  orders:\n", "  orders:\n    owner: team-c\n", "orders"),
    Edit("namespace-prefix", MANIFEST, NEXT, NAMESPACE + NEXT),
    Edit("name-twice", MANIFEST, NEXT, AGAIN + NEXT),
    Edit("role-unfilled", STATED, "roles: [traces]", "roles: [traces, mesh]"),
    Edit("role-unfilled", STATED, "role: log-store", "role: database"),
    Edit("database-secret", STATED, "port: 5432, secret: orders-db", "port: 5432, secret: store-db", "orders"),
    Edit("workload-unstated", OTHER, STORE, NIGHT + STORE),
)
