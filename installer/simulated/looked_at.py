"""What `status` asks of a simulated host: certificates in files, restore points, helm's releases."""

from __future__ import annotations

import re
from collections.abc import Mapping

from installer.formats.objects import at, name, text
from installer.hosts.unit_facts import QUESTION
from installer.plan.calendar import BEGIN, EMBEDDED, END
from installer.plan.day_two import COPIES, FIND, RELEASES, SECRETS, SHOW
from installer.ports import Output
from installer.simulated import queries
from installer.simulated.kubernetes import Cluster
from installer.simulated.state import Call, Program, said

TLS = "kubernetes.io/tls"
MADE = 1_763_900_000
"""When whatever `ls` shows was made, in seconds since 1970: a simulated tree has no times."""


def grep(call: Call) -> Output:
    """What systemd is told beside its units, and where certificates lie."""
    if call.argv == QUESTION:
        return queries.grep(call)
    if call.argv != FIND:
        raise call.unscripted()
    wanted, folders = re.compile(f"^(?:{BEGIN}|.*{EMBEDDED} .*)$"), tuple(f"{each}/" for each in FIND[3:])
    rows = [f"{path}:{n}:{line}" for path in call.tree if path.startswith(folders) and _kind(call, path) == "file"
            for n, line in enumerate(_lines(call, path), 1) if wanted.match(line)]  # fmt: skip
    return said(*rows)


def sed(call: Call) -> Output:
    """The certificates of files, each after its file's name."""
    if call.argv[: len(SHOW)] != SHOW:
        raise call.unscripted()
    rows = list[str]()
    for path in call.argv[len(SHOW) + 1 :]:
        if path in call.tree:
            rows.append(path)
            inside = False
            for line in _lines(call, path):
                inside = inside or line == BEGIN
                rows += [line] if inside else []
                inside = inside and line != END
    return said(*rows)


def copies(call: Call) -> Output:
    """`ls -lR --time-style=+%s FOLDER...`, as far as restore points go."""
    if call.argv != COPIES:
        raise call.unscripted()
    rows = list[str]()
    for path in call.tree:
        if path.startswith(tuple(f"{folder}/" for folder in COPIES[3:])) and _kind(call, path) == "file":
            folder, _, file = path.rpartition("/")
            rows += [f"{folder}:", f"-rw------- 1 root root 1 {MADE} {file}"]
    return said(*rows)


def get(call: Call, cluster: Cluster) -> Output:
    """`kubectl get secrets`: how helm's releases stand, and the certificates."""
    if call.argv == RELEASES:
        return said(*(f"{space} {own} {each.status} {each.revision}"
                      for (space, own), kept in cluster.releases.items() for each in kept))  # fmt: skip
    if call.argv != SECRETS:
        raise call.unscripted()
    found = [thing for thing in cluster.objects.values() if thing.get("type") == TLS]
    return said(*(f"{text(each, 'metadata', 'namespace')}/{name(each)}\t"
                  f"{text(each, 'metadata', 'annotations', 'cert-manager.io/certificate-name')}\t"
                  f"{at(each, 'data', 'tls.crt') or ''}" for each in found))  # fmt: skip


def _kind(call: Call, path: str) -> str:
    entry = call.tree.entry(path)
    return entry.kind if entry is not None else ""


def _lines(call: Call, path: str) -> list[str]:
    return call.tree.read(path).decode("utf-8", "replace").splitlines()


PROGRAMS: Mapping[str, Program] = {"grep": grep, "sed": sed, "sitewright-check": lambda _: said()}
