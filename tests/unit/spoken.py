"""Messages that code makes: the templates given to `Message` and to `say`, found where they stand."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
INSTALLER = ROOT / "installer"
SIZING = ROOT / "sizing"
TUI, REPORT = INSTALLER / "ui" / "tui", INSTALLER / "report"
NAMES = {
    "%", "Alertmanager", "CoreDNS", "Elasticsearch", "Filebeat", "GiB", "GitLab", "GitLab Runner", "Grafana",
    "Harbor", "Helm", "Istio", "Jaeger", "JumpServer", "Kafka", "Kibana", "Kong", "Kubernetes", "Linux {version}",
    "Logstash", "Loki", "Longhorn", "MB/s", "Metricbeat", "Mimir", "MinIO", "Prometheus", "Rancher", "SELinux",
    "Secret {namespace}/{name}", "Tempo", "Traefik", "Vector", "VictoriaLogs", "VictoriaMetrics", "Zipkin",
    "bundle.json: {reason}", "cert-manager", "cgroup v1", "cgroup v2", "chmod 600 {path}", "containerd",
    '"customer"', "etcd", "exec", "exec: {reason}", "hostnamectl set-hostname {name}", "kube-state-metrics",
    "metrics-server", "mount -o remount,rw {mount}", "node exporter", "null", "permissive", "rsyslog", "runc",
    "sudo", "systemd", "systemd {version}", '"vendor"',
}  # fmt: skip
"""What reads the same in Chinese: names of products, units, settings, commands."""
MAKES, SAYS = {"Message"}, {"say", "_say"}


def calls(files: Iterable[Path], names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of a function by one of these names."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) in names:
                yield file, node


def templates(files: Iterable[Path], names: set[str]) -> set[str]:
    """The texts with a word in them that such calls are given, one of two by a condition included."""
    found = {text for _, call in calls(files, names) if call.args for text in texts(call.args[0])}
    return {text for text in found if worded(text)}


def texts(node: ast.expr) -> Iterator[str]:
    """The constants that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def name_of(function: ast.AST) -> str:
    """The last word of what is called: `b` of `a.b`."""
    return str(getattr(function, "attr", getattr(function, "id", "")))


def worded(text: str) -> bool:
    """Whether there is a word in a template beside its places."""
    return bool(re.search("[A-Za-z]", re.sub("{.*?}", "", text)))


def fields(text: str) -> set[str]:
    """The places of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def core() -> list[Path]:
    """The modules below all user interfaces."""
    return [file for file in sorted(INSTALLER.rglob("*.py")) if not {"ui", "report"} & set(file.parts)]


def catalogue(package: Path, language: str = "zh") -> dict[str, str]:
    """A language's messages as they stand in a package's own file."""
    with (package / "locale" / f"{language}.po").open("rb") as file:
        entries = [each for each in read_po(file, abort_invalid=True) if each.id]
    assert not [each.id for each in entries if each.fuzzy]
    return {str(each.id): str(each.string) for each in entries}
