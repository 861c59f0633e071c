"""A small product without contradictions, and edits of it that each make one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DIGEST = "sha256:" + "5" * 64

PRODUCT = f"""version: 1
product: demo
owner: team-a
services:
  orders:
    image: registry.example/orders:1.2@{DIGEST}
    variables:
      LISTEN: {{value: ":8080"}}
      MODE: {{optional: true}}
      REGION:
    secrets:
      - {{name: orders-db, keys: [user, password], mount: /secrets/db, variables: {{DB_PASSWORD: password}}}}
    ports: [{{name: http, port: 8080}}]
    peers:
      - {{service: payments, port: 80}}
      - {{host: mail.customer.example, port: 25, why: receipts}}
    databases: [{{name: orders, service: store, port: 5432, secret: orders-db}}, {{name: search, role: log-store}}]
    roles: [traces]
    volumes: [{{mount: /data, size_gib: 1}}, {{mount: /tmp, kind: scratch}}]
    health: {{readiness: /ready, liveness: /live}}
    logs: {{format: json}}
    resources: {{cpu: 100m, memory: 128Mi}}
"""
PAYMENTS = f"""version: 1
services:
  payments:
    owner: team-b
    workload: Deployment/pay
    container: main
    image: registry.example/pay@{DIGEST}
    ports: [{{port: 9000}}]
    logs: {{format: none}}
  store:
    image: registry.example/store
    secrets: [{{name: orders-db, keys: [password], mount: /run/secret}}]
    ports: [{{port: 5432}}]
    logs: {{format: json}}
"""
ORDERS = f"""apiVersion: v1
kind: Service
metadata: {{name: orders, namespace: prod-demo}}
spec:
  selector: {{app: orders}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, namespace: prod-demo}}
data:
  REGION: "north"
---
apiVersion: v1
kind: Secret
metadata: {{name: orders-db, namespace: prod-demo}}
stringData: {{user: orders, password: "$(given at the site)"}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: orders-data, namespace: prod-demo}}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: local-path
  resources: {{requests: {{storage: 2Gi}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders, namespace: prod-demo}}
spec:
  selector: {{matchLabels: {{app: orders}}}}
  template:
    metadata:
      labels:
        app: orders
        logging.sitewright/format: json
        logging.sitewright/owner: team-a
    spec:
      containers:
        - name: orders
          image: registry.example/orders:1.2@{DIGEST}
          env:
            - {{name: LISTEN, value: ":8080"}}
            - name: DB_PASSWORD
              valueFrom: {{secretKeyRef: {{name: orders-db, key: password}}}}
          envFrom:
            - configMapRef: {{name: settings}}
          ports:
            - {{name: http, containerPort: 8080}}
          readinessProbe: {{httpGet: {{path: /ready, port: http}}}}
          livenessProbe: {{httpGet: {{path: /live, port: 8080}}}}
          resources: {{requests: {{cpu: 0.1, memory: 128Mi}}}}
          volumeMounts:
            - {{name: data, mountPath: /data}}
            - {{name: tmp, mountPath: /tmp/}}
            - {{name: db, mountPath: /secrets/db}}
      volumes:
        - name: data
          persistentVolumeClaim: {{claimName: orders-data}}
        - name: tmp
          emptyDir: {{}}
        - name: db
          secret: {{secretName: orders-db}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: orders, namespace: prod-demo}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: orders}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: orders, namespace: prod-demo}}
spec:
  rules:
    - http:
        paths:
          - {{path: /, pathType: Prefix, backend: {{service: {{name: orders, port: {{name: http}}}}}}}}
"""
OTHERS = f"""apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: {{name: payments, namespace: prod-demo}}
    spec:
      selector: &pay {{app: pay}}
      ports: [{{port: 80, targetPort: 9000}}]
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: pay, namespace: prod-demo}}
    spec:
      selector: {{matchLabels: *pay}}
      template:
        metadata:
          labels: {{<<: *pay, logging.sitewright/format: none, logging.sitewright/owner: team-b}}
        spec:
          containers:
            - name: main
              image: registry.example/pay@{DIGEST}
              ports: [{{containerPort: 9000}}]
              resources: &small {{requests: {{cpu: 10m, memory: 16Mi}}}}
            - name: beside
              image: registry.example/beside@{DIGEST}
              resources: *small
  - apiVersion: v1
    kind: Service
    metadata: {{name: store, namespace: prod-demo}}
    spec:
      clusterIP: None
      selector: {{app: store}}
      ports: [{{port: 5432}}]
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: {{name: store, namespace: prod-demo}}
    spec:
      serviceName: store
      selector: {{matchLabels: {{app: store}}}}
      template:
        metadata:
          labels: {{app: store, logging.sitewright/format: json, logging.sitewright/owner: team-a}}
        spec:
          containers:
            - name: store
              image: registry.example/store:16@{DIGEST}
              ports: [{{containerPort: 5432}}]
              resources: *small
              volumeMounts:
                - {{name: secret, mountPath: /run/secret}}
          volumes: [{{name: secret, secret: {{secretName: orders-db, items: [{{key: password, path: password}}]}}}}]
"""
FILES = {"product.yaml": PRODUCT, "services/payments.yaml": PAYMENTS,
         "manifests/orders.yaml": ORDERS, "manifests/others/all.json.yaml": OTHERS}  # fmt: skip
STATED, SERVICES, MANIFEST, OTHER = FILES


@dataclass(frozen=True)
class Edit:
    """What makes one contradiction of a rule: in a file, one text is another; `lines` are those that are told."""

    rule: str
    file: str
    old: str
    new: str
    service: str = ""

    @property
    def name(self) -> str:
        """For the test's id."""
        return f"{self.rule}: {' '.join(self.old.split())[:30]}"


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


def write(folder: Path, edit: Edit | None = None) -> Path:
    """The product in a folder, perhaps with one edit; returns the folder."""
    for name, text in FILES.items():
        if edit and edit.file == name:
            assert edit.old in text, edit.name
            text = text.replace(edit.old, edit.new, 1)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
