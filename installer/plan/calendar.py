"""The certificates of a site: what each is for, who renews it, and what stops when it ends. Pure.

What a certificate is is known by where it lies. One that lies where nobody expected it is listed like the others: it is
somebody's, and ends as well.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from cryptography import x509

from installer.messages import Message

Renewal = Literal["itself", "install", "kubeadm", "nobody", "access"]
"""Who renews: the program that uses it; any `install` in its last 90 days; a person with kubeadm on
the host; nobody; `access`."""
URGENT = timedelta(days=7)
"""A certificate that ends within this time needs a hand now."""
SOON = timedelta(days=30)
"""One that ends within this time needs a hand soon (as the check `certificates` has it)."""
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
EMBEDDED = "client-certificate-data:"
"""What a kubeconfig's own certificate follows."""


class Kind(NamedTuple):
    """What a certificate is: a pattern of the place where it lies, what it is for, who renews it, what stops."""

    place: str
    purpose: str
    renewal: Renewal
    breaks: str


PKI, CONFIG = "/etc/kubernetes/pki", "/etc/kubernetes"
KINDS = (
    Kind(
        f"{PKI}/apiserver\\.crt",
        Message("API server"),
        "kubeadm",
        Message("nobody reaches the API; running services go on"),
    ),
    Kind(
        f"{PKI}/apiserver-kubelet-client\\.crt",
        Message("API server to kubelets"),
        "kubeadm",
        Message("no logs, exec, port-forward"),
    ),
    Kind(f"{PKI}/apiserver-etcd-client\\.crt", Message("API server to etcd"), "kubeadm",
         Message("the API server stops")),
    Kind(
        f"{PKI}/front-proxy-client\\.crt",
        Message("API server to added APIs"),
        "kubeadm",
        Message("no metrics API, no autoscaling"),
    ),
    Kind(f"{PKI}/etcd/server\\.crt", Message("etcd"), "kubeadm",
         Message("the API server stops")),
    Kind(f"{PKI}/etcd/peer\\.crt", Message("etcd among its members"), "kubeadm",
         Message("etcd loses its members")),
    Kind(
        f"{PKI}/etcd/healthcheck-client\\.crt",
        Message("etcd's health"),
        "kubeadm",
        Message("no restore points, no snapshots"),
    ),
    Kind(
        f"{CONFIG}/(super-)?admin\\.conf",
        Message("administrator"),
        "kubeadm",
        Message("no kubectl on this host, no runs from here"),
    ),
    Kind(
        f"{CONFIG}/controller-manager\\.conf",
        Message("controller manager"),
        "kubeadm",
        Message("nothing that fails is replaced"),
    ),
    Kind(f"{CONFIG}/scheduler\\.conf", Message("scheduler"), "kubeadm",
         Message("no new pod finds a node")),
    Kind(
        f"{CONFIG}/kubelet\\.conf",
        Message("kubelet, its first"),
        "nobody",
        Message("nothing: the kubelet has a newer one"),
    ),
    Kind(f"{PKI}/ca\\.crt", Message("authority of the cluster"), "nobody",
         Message("the whole cluster stops")),
    Kind(f"{PKI}/etcd/ca\\.crt", Message("authority of etcd"), "nobody",
         Message("the whole cluster stops")),
    Kind(
        f"{PKI}/front-proxy-ca\\.crt",
        Message("authority of added APIs"),
        "nobody",
        Message("no metrics API, no autoscaling"),
    ),
    Kind(
        "/var/lib/kubelet/pki/kubelet-client-current\\.pem",
        Message("kubelet to the API"),
        "itself",
        Message("the node is lost"),
    ),
    Kind(
        "/var/lib/kubelet/pki/kubelet-server-current\\.pem",
        Message("kubelet"),
        "install",
        Message("no logs, exec or metrics of it"),
    ),
    Kind("/etc/sitewright/pki/registry\\.crt", Message("registry"), "install",
         Message("no host can pull an image")),
    Kind(
        "/etc/sitewright/pki/registry-ca\\.crt",
        Message("authority of the registry"),
        "nobody",
        Message("no host can pull an image"),
    ),
    Kind(
        "/etc/sitewright/pki/site-ca\\.crt",
        Message("authority of the site"),
        "nobody",
        Message("no client trusts the site's pages"),
    ),
)  # fmt: skip
"""By the place on a host, the first that fits; kubeadm's last a year, and nothing renews them by itself."""
IN_CLUSTER = "Secret "
"""What the place of a certificate in a cluster begins with."""
PERSON = "access "
"""The same of what somebody was given."""
INTERMEDIATE = Message("authority of the environment")
FORGOTTEN = re.compile(r"/var/lib/kubelet/pki/(?!kubelet-(client|server)-current\.pem)|/etc/kubernetes/tmp/")
"""What kubelet and kubeadm keep of former times, and nobody uses."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: where it lies, what for, until when, who renews it, and what stops when it ends.

    `host` is empty for what lies in a cluster. `authority` says that it signs others.
    """

    environment: str
    host: str
    place: str
    purpose: str
    ends: datetime
    renewal: Renewal
    breaks: str
    authority: bool = False

    def left(self, now: datetime) -> timedelta:
        """How long it is still good; negative where it has ended."""
        return self.ends - now


def on_host(environment: str, host: str, shown: str) -> Iterator[Certificate]:
    """The certificates in what a host printed: each file's path on a line of its own, then its certificates as PEM.

    Of a file with several the first counts: the others are its authorities, which lie elsewhere as well.
    """
    path, lines, told = "", list[str](), set[str]()
    for line in shown.splitlines():
        if lines or line == BEGIN:
            lines.append(line)
            if line == END:
                if path not in told and (found := parsed("\n".join(lines).encode())):
                    told.add(path)
                    yield placed(environment, host, path, found)
                lines = []
        elif line.startswith("/"):
            path = line


def in_kubeconfigs(environment: str, host: str, matches: str) -> Iterator[Certificate]:
    """The certificates within kubeconfigs, of what grep found: PATH:LINE:    client-certificate-data: BASE64."""
    for line in matches.splitlines():
        path, _, rest = line.partition(":")
        _, marked, data = rest.partition(EMBEDDED)
        if marked:
            try:
                found = parsed(base64.b64decode(data.strip(), validate=True))
            except binascii.Error:
                continue
            if found:
                yield placed(environment, host, path, found)


def in_secret(environment: str, name: str, issued: str, data: str) -> Certificate | None:
    """The certificate of a Secret, by "namespace/name", cert-manager's name of it or none, and its `tls.crt`."""
    try:
        found = parsed(base64.b64decode(data, validate=True))
    except binascii.Error:
        return None
    if found is None:
        return None
    ours, place = authority(found), f"{IN_CLUSTER}{name}"
    if issued:
        kind = Kind(place, issued, "itself", Message("whoever calls it finds a certificate that has ended"))
    elif ours:
        kind = Kind(place, INTERMEDIATE, "install", Message("no new certificates, none of the old ones is trusted"))
    else:
        kind = Kind(place, name.partition("/")[2], "nobody", Message("whoever uses it"))
    return Certificate(environment, "", *kind[:2], found.not_valid_after_utc, *kind[2:], ours)


def placed(environment: str, host: str, path: str, found: x509.Certificate) -> Certificate:
    """A certificate by where it lies on a host."""
    kind = next((each for each in KINDS if re.fullmatch(each.place, path)), None)
    kind = kind or Kind("", path.rpartition("/")[2], "nobody", Message("whoever uses it"))
    ends = found.not_valid_after_utc
    return Certificate(environment, host, path, kind.purpose, ends, kind.renewal, kind.breaks, authority(found))


def files(matches: str) -> tuple[str, ...]:
    """The files that hold certificates as PEM, of what grep found: PATH:LINE:TEXT; those that nobody uses left out."""
    paths = (line.partition(":")[0] for line in matches.splitlines() if line.endswith(BEGIN))
    return tuple(dict.fromkeys(path for path in paths if not FORGOTTEN.match(path)))


def parsed(pem: bytes) -> x509.Certificate | None:
    """The first certificate of a text, None where it is none."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None


def authority(found: x509.Certificate) -> bool:
    """Whether a certificate may sign others."""
    try:
        return found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def nearest(found: Sequence[Certificate]) -> list[Certificate]:
    """Those that end first come first; of one end, in the order of their places."""
    return sorted(found, key=lambda each: (each.ends, each.environment, each.host, each.place))


def remedy(each: Certificate) -> str:
    """What somebody has to do about a certificate that ends soon."""
    return {
        "itself": Message("find out why it was not renewed: kubectl describe certificate, journalctl -u kubelet"),
        "install": "sitewright install",
        "kubeadm": Message(
            "on {host}: kubeadm certs renew all, then restart the host; one control plane after the other",
            host=each.host,
        ),
        "nobody": Message("nobody renews it: plan its replacement with the vendor now"),
        "access": "sitewright access PERSON gives it anew",
    }[each.renewal]
