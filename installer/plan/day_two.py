"""What hosts are asked, once a site stands, for `status`: commands that read and show no secret."""

from __future__ import annotations

from installer.layout import HOME
from installer.plan.calendar import BEGIN, EMBEDDED, END
from installer.plan.steps.kubernetes import ADMIN
from installer.plan.steps.restore_points import PLACE

PLACES = ("/etc/kubernetes", "/etc/sitewright/pki", "/var/lib/kubelet/pki")
FIND = ("grep", "-RsnE", f"^{BEGIN}$|^ *{EMBEDDED} ", *PLACES)
"""Where certificates lie on a host; of a kubeconfig the whole line that has its own."""
SHOW = ("sed", "-sn", "-e", "1F", "-e", f"/^{BEGIN}$/,/^{END}$/p")
"""The certificates of files, each after its file's name, and nothing else that the files hold."""
_GET = ("kubectl", "get", "secrets", "--kubeconfig", ADMIN, "--all-namespaces")
SECRETS = (
    *_GET,
    "--field-selector",
    "type=kubernetes.io/tls",
    "--output",
    'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\t"}'
    '{.metadata.annotations.cert-manager\\.io/certificate-name}{"\\t"}{.data.tls\\.crt}{"\\n"}{end}',
)
"""The certificates of a cluster's Secrets, one a line: namespace/name, cert-manager's name or none, base64."""
RELEASES = (*_GET, "--selector", "owner=helm", "--output",
            "jsonpath={range .items[*]}{.metadata.namespace} {.metadata.labels.name} "
            '{.metadata.labels.status} {.metadata.labels.version}{"\\n"}{end}')  # fmt: skip
"""How helm's releases stand, one revision a line; what they hold stays where it is."""
COPIES = ("ls", "-lR", "--time-style=+%s", PLACE, f"{HOME}/checks/etcd")
"""Restore points and snapshots of a cluster's store."""
CHECKS = ("sitewright-check", "show")
"""What each check said last."""
