"""What every plan stands on: the components that the installer knows by name, and templates that are filled late.

A template that is filled while a run is under way would fail there, with half a cluster behind it; so each is filled
once beforehand, with something in the place of what is not known yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from installer.bundle import known
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.messages import Message
from installer.plan.inputs import Planned
from installer.probes import builtin, declared
from installer.render import charts, context, secrets, templates

NAMED: Mapping[str, tuple[str, ...]] = {
    known.REGISTRY: (),
    known.KUBERNETES: ("init.yaml", "join.yaml"),
    known.HELM: (),
    known.PROBE: builtin.PUT_THERE,
}
"""The texts that the installer takes from components which it calls by name."""
ON_HOSTS = frozenset({known.REGISTRY, known.KUBERNETES, known.HELM})
"""Those of them whose programs the installer starts on hosts."""
ADMISSION = {"token": "abcdef.0123456789abcdef", "ca_hash": f"sha256:{'0' * 64}", "certificate_key": "0" * 64}
"""In the place of what a control plane gives to a host that joins."""
URL = re.compile(r"https://[A-Za-z0-9.-]{1,250}(:[0-9]{1,5})?(/[A-Za-z0-9._~/%?&=+-]{0,500})?")
"""What a probe may ask for."""


def prove(inputs: Planned) -> None:
    """Fill every template that a run fills only later.

    Raises:
        BundleNotTrusted: one cannot be filled, or a component that the installer needs is not there or not whole.
    """
    parts = {component.name: component for component in inputs.manifest.components}
    for name, texts in NAMED.items():
        if name not in parts:
            raise BundleNotTrusted(
                bundle=Message("bundle {name}", name=inputs.manifest.name),
                reason=Message("it has no component {name}", name=name),
            )
        if name in ON_HOSTS and "host" not in parts[name].spec:
            raise BundleNotTrusted(
                bundle=Message("component {name}", name=name), reason=Message("it puts nothing on hosts")
            )
        for text in sorted(set(texts) - parts[name].texts.keys()):
            raise BundleNotTrusted(
                bundle=Message("component {name}", name=name), reason=Message("it has no text {text}", text=text)
            )
    kubernetes, probing = parts[known.KUBERNETES], parts[known.PROBE]
    _probe_image(probing)
    for environment in inputs.answers.environments:
        names = inputs.names(environment)
        alike = {(view.control_plane, view.waived): view.name for view in names["hosts"]}
        for host in alike.values():
            admission = {**context.for_host(names, host), "join": ADMISSION}
            charts.parse(kubernetes, "join.yaml", templates.render(kubernetes, "join.yaml", admission))
        put_there = {**names, "probe": "x", "port": builtin.PORT, "namespace": builtin.NAMESPACE}
        for text in builtin.PUT_THERE:
            charts.parse(probing, text, templates.render(probing, text, put_there))
        for component in inputs.components(environment):
            secrets.placeholders(component, inputs.seen(environment, component))
            for probe in declared.specs(component, inputs.seen(environment, component)):
                if "object" in probe:
                    declared.tried(component, probe, inputs.seen(environment, component))
                if "url" in probe and not URL.fullmatch(probe["url"]):
                    reason = Message("{value} is no https address", value=f"{probe['url'][:200]!r}")
                    raise BundleNotTrusted(
                        bundle=Message("component {name}, probe {probe}", name=component.name, probe=probe["name"]),
                        reason=reason,
                    )


def _probe_image(component: Component) -> None:
    try:
        component.artifact("image", builtin.IMAGE)
    except KeyError as error:
        raise BundleNotTrusted(
            bundle=Message("component {name}", name=component.name), reason=str(error.args[0])
        ) from error
