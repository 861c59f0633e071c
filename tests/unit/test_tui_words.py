"""The wizard's catalogue: every message that its pages say is there in Chinese, whole, and names the same values."""

from __future__ import annotations

import ast
import inspect
import re
import string
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.messages.pofile import read_po
from core_manifest import core_manifest
from report_subject import subject
from rich.cells import cell_len
from textual.pilot import Pilot
from tui_sayings import Sayings, name_of
from wizards import answers_of, open_page, play, wizard

from installer import errors
from installer.answers import questions, rules, schema
from installer.formats.strict_yaml import Path as Place
from installer.hosts.connection_test import STAGES
from installer.plan.inputs import Inputs
from installer.plan.install import plan
from installer.preflight import CHECKS
from installer.probes import builtin
from installer.translations import LANGUAGES
from installer.ui.tui.phrases import PROPOSALS, RANGES, REASONS, REFUSALS
from installer.ui.tui.routes import _CLASSES
from installer.ui.tui.state.pages import STEPS
from installer.ui.tui.words import Words
from sizing.rules import load_rules

ROOT = Path(__file__).parents[2]
TUI = ROOT / "installer" / "ui" / "tui"
PAGES = [step.key for step in STEPS if find_spec(f"installer.ui.tui.{_CLASSES[step.key].rpartition('.')[0]}")]
OTHERS = sorted(set(LANGUAGES) - {"en"})
CHINESE = re.compile("[\u4e00-\u9fff]")
NAMES = {
    "Alertmanager", "CoreDNS", "Elasticsearch", "Filebeat", "GitLab", "GitLab Runner", "Grafana", "Harbor", "Helm",
    "Istio", "Jaeger", "JumpServer", "Kafka", "Kibana", "Kong", "Kubernetes", "Logstash", "Loki", "Longhorn",
    "Metricbeat", "Mimir", "MinIO", "Prometheus", "Rancher", "SELinux", "Tempo", "Vector", "VictoriaMetrics",
    "cert-manager", "cgroup v2", "containerd", "etcd", "kube-state-metrics", "metrics-server", "node exporter", "runc",
    "sudo", "systemd", "GiB", "MB/s", "%",
}  # fmt: skip
"""What is written in Latin letters in Chinese too: names of products, and units."""
APART = {
    "Name", "a pod on every node, pulled by digest", "the sample product answers over TLS, front end reaching back end",
    "machines",
}  # fmt: skip
"""What the report says otherwise: its names are those of machines, it has more room, and a heading there has no number
before it."""
SHOWN = {"Label", "Button", "Static", "Input", "Option", "Content", "notify", "update", "tell", "add_column"}
"""What puts a text on the screen as it is."""
WRONG = ("xyz", "x y ", "UPPER/", "", "xyz\n", "x" * 5000, -1, 0.3, 10**12)
"""Answers of which each question refuses some."""


@cache
def said() -> frozenset[str]:
    """Every message that reaches `say` in the wizard's code, and what the code takes from elsewhere to say it."""
    found = Sayings([*sorted(TUI.rglob("*.py")), *sorted(TUI.parent.glob("*.py"))]).messages
    found |= set(failures()) | {*PROPOSALS, *RANGES, *REASONS}
    found |= set(asked()) | set(refused()) | set(ruled()) | set(parts()) | set(places()) | set(runs())
    return frozenset(each for each in found if re.search("[A-Za-z]", each))


def leaves(part: Any, path: Place = ()) -> Iterator[Place]:
    """The places of the answers that hold one answer each."""
    part = questions.resolved(part)
    inner = [leaves(each, (*path, key)) for key, each in part.get("properties", {}).items()]
    inner += [leaves(part["items"], (*path, 0))] if part.get("type") == "array" else []
    try:
        if questions.question(path).kind:
            yield path
    except (KeyError, TypeError):
        pass
    for each in inner:
        yield from each


def asked() -> Iterator[str]:
    """What questions say of themselves."""
    for path in leaves(schema.schema()):
        question = questions.question(path)
        yield from (question.title, question.description, question.unit)
        yield from (f"choice:{choice}" for choice in question.choices if path[-1] != "check")


def nested(path: Place, value: Any) -> Any:
    """A document with a value at a place and nothing else."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def refused() -> Iterator[str]:
    """What the schema wants instead of a wrong answer, or where there is none."""
    for path in leaves(schema.schema()):
        several = questions.question(path).kind == "texts"
        for value in [[each] for each in WRONG] + [[]] if several else WRONG:
            for at, _, wanted, _ in schema.violations(nested(path, value)):
                yield from [wanted] if at[: len(path)] == path and path[-1] != "check" else []
        for at, found, wanted, _ in schema.violations(nested(path[:-1], {})):
            yield from [found, wanted] if at == path else []
    yield "something in the place of a secret (not shown)"


def ruled() -> Iterator[str]:
    """What the rules on answers say in fixed words: found and wanted, the last two of what they yield."""
    tree = ast.parse(Path(rules.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield from (each.value for each in node.value.elts[1:] if isinstance(each, ast.Constant))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "wanted":
            yield from [node.value.value] if isinstance(node.value, ast.Constant) else []
    for what in ("a name", "an address", "each host in one place", "each host once"):
        yield f"{what} of its own"
    yield from REFUSALS


def parts() -> Iterator[str]:
    """Titles and purposes of the bundle's parts and of sizing's; titles of what preflight looks at, and of probes."""
    yield from (check.title for check in CHECKS)
    for file in sorted((ROOT / "bundles").glob("*/components/*/component.yaml")):
        spec = yaml.safe_load(file.read_text(encoding="utf-8"))
        yield from (spec["title"], spec["purpose"])
    for rule in load_rules().components.values():
        yield from (rule.title, rule.purpose)
    inputs = Inputs(subject("small-office").answers, core_manifest(), b"", b"", b"")
    for ground in (builtin.ProbeNamespace(each, "") for each in inputs.answers.environments):
        yield from (probe.title for probe in builtin.probes(inputs, ground))
        yield from (builtin.preparing(inputs, ground).title, builtin.cleaning(ground).title)


def failures() -> Iterator[str]:
    """What errors say, as far as there is a word in it, and what they tell to do."""
    for _, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.SitewrightError) and error.__module__ == errors.__name__:
            message = inspect.cleandoc(error.__doc__ or "")
            yield from (each for each in (message, error.hint) if re.search("[A-Za-z]", re.sub("{.*?}", "", each)))


def places() -> Iterator[str]:
    """Kinds of machines that sizing counts, and what may be short on them."""
    yield from (pod.pool for rule in load_rules().components.values() for pod in rule.pods)
    yield from ("node", "machines", "room on one machine", "system_disk_gib")


def runs() -> Iterator[str]:
    """What runs do, their phases, how they end, and the stages of a first connection."""
    inputs = Inputs(subject("small-office").answers, core_manifest(), b"", b"", b"")
    yield from {step.phase for step in plan(inputs).steps}
    yield from STAGES
    yield from ("install", "rollback", "uninstall", "done", "failed", "interrupted", "taken back", "unfinished")


def catalogue(language: str, package: Path = TUI) -> dict[str, str]:
    """A language's messages as they stand in a package's file."""
    with (package / "locale" / f"{language}.po").open("rb") as file:
        entries = [each for each in read_po(file, abort_invalid=True) if each.id]
    assert not [each.id for each in entries if each.fuzzy]
    return {str(each.id): str(each.string) for each in entries}


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


SAMPLE = """
ROWS = (("F1", "said in a row"), ("F2", "said in the next"))
KINDS = {"env": "said for a kind"}
class Step:
    key: str
    title: str
STEPS = [Step("not-said", "said of a record")]
class Page:
    INTRO = "said of a class"
    def body(self, say, wide):
        self._title, self._other = "said later", "never said"
        yield [say(what) for key, what in ROWS], say(KINDS[wide]), say("said " + wide), say(self.INTRO)
        yield say("said by choice" if wide else "said otherwise"), say(self._title), row(say, "said anew", "not said")
        keys = [("a", "said first")]
        keys.append(("b", "said at last"))
        for key, what in keys:
            say(what)
        yield from map(say, (step.title for step in STEPS))
def row(say, title, untold):
    return say(title), untold
class Field:
    def __init__(self, title, path):
        self.name = title
    def body(self):
        self.wizard.say(self.name)
class Heir(Field):
    def __init__(self, path):
        super().__init__("said by an heir", path)
class Other(Field): ...
Other("said of another", "never said so")
"""


def test_what_is_said_is_found_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(SAMPLE)
    said_there = set(re.findall(r'"(said [a-z ]+)"', SAMPLE))
    assert len(said_there) == 13
    assert {each.strip() for each in Sayings([tmp_path / "sample.py"]).messages} == said_there | {"said"}
    assert len(said()) > 600


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_message_and_no_other(language: str) -> None:
    known = catalogue(language)
    assert sorted(said() - set(known)) == [], "not translated"
    assert sorted(set(known) - said()) == [], "nobody says these any more"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_whole_and_name_the_same_values(language: str) -> None:
    for message, text in catalogue(language).items():
        assert fields(text) == fields(message), message
        assert bool(CHINESE.search(text)) != (message in NAMES), message
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text), f"no space in {text!r}"


@pytest.mark.parametrize("language", OTHERS)
def test_wizard_and_report_use_the_same_words(language: str) -> None:
    mine, other = catalogue(language), catalogue(language, ROOT / "installer" / "report")
    assert {each for each in set(mine) & set(other) - APART if mine[each] != other[each]} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_labels_and_steps_fit_their_places(language: str) -> None:
    known = catalogue(language)
    titles = {questions.question(path).title for path in leaves(schema.schema())}
    assert {title for title in titles if cell_len(known[title]) > 28} == set()
    assert {step.title for step in STEPS if cell_len(known[step.title]) > 16} == set()


def test_no_text_reaches_a_widget_unsaid() -> None:
    shown: set[str] = set()
    for file in sorted(TUI.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name_of(node.func) in SHOWN:
                placed = [each.value for each in node.keywords if each.arg in ("placeholder", "prompt")]
                shown |= {each.value for each in (*node.args, *placed) if isinstance(each, ast.Constant)}
    assert {each for each in shown if re.search("[A-Za-z]+ [A-Za-z]", str(each))} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_pages_say_nothing_that_is_not_translated(language: str, tmp_path: Path) -> None:
    known, missed = set(catalogue(language)), set[str]()

    class Noted(Words):
        def __call__(self, message: str, **values: object) -> str:
            missed.update({message} - known)
            return super().__call__(message, **values)

    app = wizard(answers_of(tmp_path, "rehearsal"), language=language, bundle=tmp_path / "core.sitewright")
    app.say = Noted(language)

    async def script(pilot: Pilot[None]) -> None:
        for step in PAGES:
            await open_page(pilot, step)
            await pilot.press("f1", "escape")

    play(app, script)
    assert {each for each in missed if re.search("[A-Za-z]", each)} == set()
