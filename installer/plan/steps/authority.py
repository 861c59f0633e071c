"""Steps of the site's authority: it is made once, and each environment gets an intermediate of it as a Secret.

The authority's key is on the control planes of the site's first environment, beside the registry's: it outlives any one
of them. An intermediate is made here, in memory, and goes to its cluster through the API: it is in no file but those
that the way back puts aside on a control plane of its own cluster.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from installer import certificates
from installer.answers.model import Environment
from installer.bundle.manifest import Component
from installer.certificates import KeyPair
from installer.formats.objects import text
from installer.layout import CONFIG, SITE_CA
from installer.messages import Message
from installer.plan.inputs import Inputs, Planned
from installer.plan.model import Before, Difference, Differences, Image, Step
from installer.plan.steps import registry
from installer.plan.steps.authorities import Authority
from installer.plan.steps.before_images import captures, folder, keeps, take_back
from installer.plan.steps.files import Placed, files_differ, place
from installer.plan.steps.hosts import NO_PULL, step_id
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import ReadOnly, World

KEY = "intermediate"
"""Of a component's specification: it issues by a Secret of that name and namespace."""
CA_KEY = f"{CONFIG}/pki/site-ca.key"
LONGEST = 40
"""Letters of a site's or environment's name in that of an authority, which may have 64 (ub-common-name, RFC 5280)."""


def _own(inputs: Planned) -> Authority:
    """Made on the site's first control plane; where the key is made here, the others keep it too."""
    planes = inputs.answers.environments[0].control_planes
    keepers = planes if inputs.answers.authority is None else ()
    source = inputs.answers.environments[0].desk
    return Authority("site", "authority", planes[0], CA_KEY, SITE_CA, source, keepers)


def authority_id(inputs: Planned) -> str:
    """The step after which the site has its authority."""
    host = inputs.answers.environments[0].founder
    return step_id(inputs.answers.environment_of(host), "site.authority", host)


def serve(inputs: Inputs) -> list[Step]:
    """The site's authority, and its certificate on every host; nothing where nothing issues in its name."""
    if not any(KEY in part.spec for each in inputs.answers.environments for part in inputs.components(each)):
        return []
    own = _own(inputs)
    return [_make(inputs, own), *(_trust(inputs, own, environment, host)
                                  for environment in inputs.answers.environments
                                  for host in environment.hosts if host != own.host)]  # fmt: skip


def _make(inputs: Inputs, own: Authority) -> Step:
    """The step that makes the site's authority, once, or puts the certificate of the customer's own there."""
    if inputs.answers.authority is not None:
        return _take(inputs, own)
    environment = inputs.answers.environment_of(own.host)
    name = f"{inputs.answers.site[:LONGEST]} site authority"
    return own.made(
        authority_id(inputs), Message("make the site's authority"), environment,
        (registry.trust_id(environment, own.host),), lambda now: certificates.make_ca(name, now, path_length=1),
    )  # fmt: skip


def _take(inputs: Inputs, own: Authority) -> Step:
    """The step that puts the certificate of the customer's own authority there; its key signs elsewhere."""
    environment = inputs.answers.environment_of(own.host)
    content = inputs.authority.certificate if inputs.authority else b""  # empty where nothing is to be put there
    wanted = (Placed(own.certificate, 0o644, text=content),)

    def apply(world: World) -> None:
        # An authority that was made for the site before has nothing to sign any more.
        world.remove(own.host, own.key)
        place(world, own.host, NO_PULL, wanted)

    return Step(
        id=authority_id(inputs), title=Message("take the customer's authority for the site's"), phase="registry",
        host=own.host, environment=environment.name, after=(registry.trust_id(environment, own.host),),
        differs=lambda world: files_differ(world, own.host, wanted), apply=apply,
        capture=captures(own.host, [own.key, own.certificate]), keep=keeps(own.host),
        undo=lambda world, image: take_back(world, own.host, image), weight=0.3,
    )  # fmt: skip


def _trust(inputs: Inputs, own: Authority, environment: Environment, host: str) -> Step:
    """The step by which another host has the authority's certificate: for clients, and where the first one is lost."""
    after = (authority_id(inputs), registry.trust_id(environment, host))
    step = step_id(environment, "site.trust", host)
    return own.trusted(step, Message("trust the site's authority"), environment, after, host)


def intermediate(inputs: Inputs, environment: Environment, component: Component, after: tuple[str, ...]) -> Step:
    """The step by which an environment may sign in the authority's name: it makes the Secret, and renews it in time."""
    host, founder, place = environment.desk, environment.founder, component.spec[KEY]
    name = f"{environment.name[:LONGEST]} intermediate"
    work = _Intermediate(
        inputs.authority, _own(inputs).source, host, environment.name, place["namespace"], place["name"], name
    )
    return Step(
        id=step_id(environment, f"{component.name}.intermediate", founder),
        title=Message("sign the environment's intermediate"),
        phase="charts",
        host=host,
        environment=environment.name,
        after=(authority_id(inputs), *after),
        differs=work.differs,
        apply=work.apply,
        capture=work.capture,
        keep=work.keep,
        undo=work.undo,
        weight=0.5,
        goes_with=(step_id(environment, "kubernetes.init", founder), step_id(environment, "hosts.home", founder)),
    )


@dataclass(frozen=True)
class _Intermediate:
    """The Secret `name` of a cluster; `authority` is the host that has the site's authority, `host` the cluster's.

    `own` is the customer's authority, which has its key here.
    """

    own: KeyPair | None
    authority: str
    host: str
    cluster: str
    namespace: str
    name: str
    title: str

    @property
    def path(self) -> str:
        """Of the Secret in the API."""
        return f"/api/v1/namespaces/{self.namespace}/secrets/{self.name}"

    def differs(self, world: ReadOnly) -> Differences:
        pair = self._standing(world)
        if pair is not None and certificates.is_intermediate(pair, world.read(self.authority, SITE_CA), world.now()):
            return ()
        seen = Message("nothing") if pair is None else Message("another, or one that ends soon")
        return (
            Difference(
                Message("Secret {namespace}/{name}", namespace=self.namespace, name=self.name),
                Message("an intermediate of the site's authority"),
                seen,
            ),
        )

    def apply(self, world: World) -> None:
        root = world.read(self.authority, SITE_CA) or b""
        above = self.own or KeyPair(root, world.read(self.authority, CA_KEY) or b"")
        made = certificates.make_intermediate(above, self.title, world.now())
        # With the authority behind it: cert-manager then gives services the way up to it, and itself as ca.crt.
        data = {"tls.crt": made.certificate + root, "tls.key": made.key, "ca.crt": root}
        world.apply(self.cluster, self._secret(data))

    def capture(self, world: ReadOnly) -> Before:
        pair = self._standing(world)
        return {"intermediate": None if pair is None else f"sha256:{sha256(pair.certificate).hexdigest()}"}

    def keep(self, world: World, image: Image) -> None:
        """Put aside, on a control plane of the cluster, for root alone, what will be replaced."""
        if image.seen["intermediate"] is None or world.stat(self.host, self._aside(image)) != (None,):
            return
        data = (world.get(self.cluster, self.path) or {}).get("data", {})
        world.write(self.host, self._aside(image), json.dumps(data, sort_keys=True).encode(), mode=0o600)

    def undo(self, world: World, image: Image) -> None:
        if world.stat(self.host, ADMIN) == (None,):
            return
        if not image.seen["intermediate"]:
            world.withdraw(self.cluster, self._secret({}))
            return
        kept = world.read(self.host, self._aside(image))
        if kept is None:  # it was put aside on a host that is gone: what stands signs as well
            return
        data = {key: base64.b64decode(value) for key, value in json.loads(kept).items()}
        world.apply(self.cluster, self._secret(data))

    def _standing(self, world: ReadOnly) -> KeyPair | None:
        if world.stat(self.host, ADMIN) == (None,):
            return None
        found = world.get(self.cluster, self.path)
        return None if found is None else KeyPair(_entry(found, "tls.crt"), _entry(found, "tls.key"))

    def _secret(self, data: Mapping[str, bytes]) -> dict[str, Any]:
        told = {key: base64.b64encode(content).decode() for key, content in data.items()}
        return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
                "metadata": {"name": self.name, "namespace": self.namespace}, "data": told}  # fmt: skip

    def _aside(self, image: Image) -> str:
        return f"{folder(image)}/objects/{self.cluster}.{self.name}.secret.json"


def _entry(secret: Mapping[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(text(secret, "data", key), validate=True)
    except ValueError:
        return b""
