"""The shell scripts that steps run on hosts, each known by its text: one that changes is looked at here again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from installer.bundle.signers import verify_signature
from installer.bundle.sshsig import SignatureInvalid
from installer.layout import HOME
from installer.plan.steps.before_images import KEEP, PRUNE, RETURN
from installer.plan.steps.files import PULL
from installer.plan.steps.hosts import VERIFY
from installer.plan.steps.kubelet_certificates import AWAIT_FILE, RENEW
from installer.plan.steps.kubernetes import RESET
from installer.plan.steps.restore_points import TAKE
from installer.ports import Output
from installer.runs.lock import CLAIM, RELEASE
from installer.simulated import kubeadm, kubelets, looked_at, registry, upgrading
from installer.simulated.controllers import serving, settle
from installer.simulated.state import Call, Program, failed, said

REPLICATE = f"{HOME}/bin/replicate"


def shell(call: Call) -> Output:
    """`sh -c TEXT NAME PARAMETER...` and `sh FILE PARAMETER...`, for known texts and files alone."""
    if call.argv[1:2] == (REPLICATE,):
        return registry.replicate(call) if REPLICATE in call.tree else failed(f"{REPLICATE}: not found", 127)
    program = call.site.scripts.get(call.argv[2]) if call.argv[1:2] == ("-c",) and len(call.argv) > 2 else None
    if program is None:
        raise call.unscripted()
    return program(replace(call, argv=call.argv[4:]))


def _verify(call: Call) -> Output:
    (folder,) = call.argv
    armored = call.tree.read(f"{folder}/bundle.json.sig")
    try:
        verify_signature(call.stdin, armored, call.tree.text(f"{folder}/allowed_signers"), call.site.now())
    except SignatureInvalid as error:
        return failed(f"Could not verify signature: {error}")
    return said()


def _pull(call: Call) -> Output:
    ca, repository, digest, path, mode, *endpoints = call.argv
    for endpoint in endpoints:
        side = registry.at(call.site, endpoint, call.tree.read(ca))
        blob = side.blob(repository, digest) if side else None
        if blob is not None:
            call.tree.put(path, blob, int(mode, 8))
            return said()
    return failed(f"curl: (7) no registry gives {repository} sha256:{digest}")


def _keep(call: Call) -> Output:
    folder, *paths = call.argv
    for path in paths:
        entry, kept = call.tree.entry(path), f"{folder}{path}"
        if entry is not None and entry.kind != "directory" and kept not in call.tree:
            _make_private(call, kept)
            call.tree.copy(path, kept)
    return said()


def _return(call: Call) -> Output:
    folder, *paths = call.argv
    for path in paths:
        kept, there = f"{folder}{path}", call.tree.entry(path)
        if kept not in call.tree:
            continue
        if there is not None and there.kind == "directory":
            return failed(f"a directory stands where {path} was a file")
        call.tree.copy(kept, path)
    return said()


def _prune(call: Call) -> Output:
    for path in call.argv:
        entry = call.tree.entry(path)
        if entry is not None and entry.kind == "directory" and not call.tree.names(path):
            call.tree.remove(path)
    return said()


def _make_private(call: Call, path: str) -> None:
    """Make the missing directories above a path, each its owner's alone."""
    for parent in reversed(PurePosixPath(path).parents):
        if str(parent) not in call.tree:
            call.tree.make_directory(str(parent), 0o700)


def kubectl(call: Call) -> Output:
    """`kubectl --kubeconfig FILE certificate approve -- NAME...`, what an upgrade asks, and `get`."""
    if "--kubeconfig" not in call.argv:
        raise call.unscripted()
    cluster = call.site.cluster_of(call.host.name)
    if cluster is None or call.option("--kubeconfig") not in call.tree or not serving(call.site, cluster):
        return failed("The connection to the server was refused")
    if call.argv[1] == "get":
        return looked_at.get(call, cluster)
    if call.argv[3:6] != ("certificate", "approve", "--"):
        return upgrading.kubectl(call, cluster)
    for name in call.argv[6:]:
        if not kubelets.approve(call.site, cluster, name):
            return failed(f'Error from server (NotFound): certificatesigningrequests "{name}" not found')
    settle(call.site, cluster)
    return said(*(f"certificatesigningrequest.certificates.k8s.io/{name} approved" for name in call.argv[6:]))


def _renew(call: Call) -> Output:
    (path,) = call.argv
    call.tree.remove(path)
    return said()


def _await_file(call: Call) -> Output:
    (path,) = call.argv
    return said() if path in call.tree else failed(f"{path} did not appear")


def _reset(call: Call) -> Output:
    if call.host.find("kubeadm"):
        kubeadm.reset(call)
    call.host.active.discard("kubelet.service")
    kubeadm.unplug(call.host)
    return said()


def _claim(call: Call) -> Output:
    path, token, life, renewing = call.argv
    now = int(call.site.now().timestamp() + call.host.machine.clock_ahead)
    call.tree.put(f"{path}.guard", b"")
    held, _, until = call.tree.text(path).partition("\n")[0].partition(" ")
    if held != token:
        if int(until or 0) > now:
            return Output(3, call.tree.text(path), "")
        if renewing and held:
            return Output(4, call.tree.text(path), "")
    call.tree.put(path, f"{token} {now + int(life)}\n".encode() + call.stdin)
    return said()


def _release(call: Call) -> Output:
    path, token = call.argv
    call.tree.put(f"{path}.guard", b"")
    if call.tree.text(path).partition(" ")[0] == token:
        call.tree.remove(path)
    return said()


SCRIPTS: Mapping[str, Program] = {
    AWAIT_FILE: _await_file, CLAIM: _claim, KEEP: _keep, PRUNE: _prune, PULL: _pull, RELEASE: _release,
    RENEW: _renew, RESET: _reset, RETURN: _return, TAKE: upgrading.take, VERIFY: _verify,
}  # fmt: skip
PROGRAMS: Mapping[str, Program] = {"kubectl": kubectl, "sh": shell}
