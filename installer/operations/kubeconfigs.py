"""The kubeconfigs that operators use, kept with a site's runs: they outlive any one control plane.

kubectl knows one server at a time and tries no other. So a kubeconfig has a context for each control plane, and the
one that is current uses a control plane whose API server was seen to serve; `status` chooses again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from installer.answers.model import Answers, Environment
from installer.errors import ConnectionLost, HostAnswersOddly, SitewrightError
from installer.formats import kubeconfig
from installer.layout import API_PORT
from installer.messages import Message
from installer.plan.steps.kubernetes import ADMIN
from installer.ports import CURL, ReadOnly

Keep = Callable[[str, bytes], Path]
"""Keeps a file of that name with the site's runs."""
CA = "/etc/kubernetes/pki/ca.crt"
READY = f"https://127.0.0.1:{API_PORT}/readyz"


def file_name(environment: Environment) -> str:
    """What an environment's kubeconfig is called."""
    return f"{environment.name}.kubeconfig"


def fetch(
    world: ReadOnly, answers: Answers, environment: Environment, keep: Keep, silent: Collection[str] = ()
) -> Path | None:
    """Write an environment's kubeconfig anew, by whichever control plane answers; None where no cluster is there.

    `silent` are hosts that are known not to answer: they are not asked.

    Raises:
        HostAnswersOddly, HostUnreachable ...: no control plane has told its credentials; why the last one did not.
    """
    found: kubeconfig.Credentials | None = None
    serving: list[str] = []
    trouble: SitewrightError | None = None
    asked = [host for host in environment.control_planes if host not in silent]
    for host in asked:
        try:
            credentials = _credentials(world, host)
        except SitewrightError as error:
            trouble = error
            continue
        found = found or credentials
        if credentials and _serves(world, host):
            serving.append(host)
            break
    if found is None and trouble is not None:
        raise trouble
    if found is None:
        return None
    chosen = "" if environment.endpoint else (serving or asked)[0]
    cluster = kubeconfig.Cluster(environment.name, found, servers(answers, environment), chosen, "admin")
    return keep(file_name(environment), kubeconfig.written([cluster]))


def servers(answers: Answers, environment: Environment) -> dict[str, str]:
    """Each way to an environment's API: the customer's endpoint as "" where there is one, or every control plane."""
    if environment.endpoint:
        return {"": environment.endpoint}
    return {host: f"{answers.host(host).address}:{API_PORT}" for host in environment.control_planes}


def answering(world: ReadOnly, environment: Environment, silent: Collection[str] = ()) -> str:
    """The first control plane whose API server serves, as that host itself finds; `silent` are not asked.

    Raises:
        ConnectionLost: there is none.
    """
    for host in environment.control_planes:
        if host not in silent and _serves(world, host):
            return host
    planes = environment.control_planes
    raise ConnectionLost(host=environment.name, reason=Message("no API server serves on {hosts}", hosts=planes))


def _credentials(world: ReadOnly, host: str) -> kubeconfig.Credentials | None:
    raw = world.read(host, ADMIN)
    if raw is None:
        return None
    try:
        return kubeconfig.read(raw)
    except kubeconfig.NotAKubeconfig as error:
        raise HostAnswersOddly(host=host, reason=Message("{admin}: {reason}", admin=ADMIN, reason=error)) from error


def _serves(world: ReadOnly, host: str) -> bool:
    """Whether a control plane's own API server is ready to serve, as the host itself finds."""
    try:
        return world.query(host, *CURL, "--fail", "--max-time", "5", "--cacert", CA, READY).ok
    except SitewrightError:
        return False
