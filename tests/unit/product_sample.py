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
