"""Templates mean what they mean in Jinja, and none of them takes more than its bounds, whatever it asks for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from core_manifest import ROOT, core_manifest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from installer.answers import file as answers_file
from installer.bundle.manifest import Component
from installer.errors import BundleNotTrusted
from installer.render import bounds, context, interpreter, templates
from installer.render.bounds import Refused
from installer.render.context import HostView

JINJA = SandboxedEnvironment(
    undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
)
HOSTS = [HostView(f"cp-{n}", f"10.0.0.{n}", n == 1, frozenset({"host.cpu"})) for n in (1, 2, 3)]
NAMES: dict[str, Any] = {
    "site": "acme", "hosts": HOSTS, "host": HOSTS[0], "replicas": 2, "empty": [], "nothing": None, "yes": True,
    "values": {"items": 3, "name": "x", "list": [3, 1, 2], "deep": {"a": {"b": "c"}}}, "ratio": 0.5,
    "images": {"docker.io/a/b": "docker.io/a/b:1"}, "text": "a:b:c", "quoted": "it's <b> & \"c\"",
}  # fmt: skip
SAME = (
    "plain\n",
    "",
    "{{ site }}",
    "{{ values.name }}{{ values['name'] }}{{ values.deep.a.b }}",
    "{{ host.address }}",
    '{% for h in hosts %}{{ loop.index }}/{{ loop.length }} {{ h.name }}{{ "," if not loop.last }}{% endfor %}',
    "{% for h in hosts if h.control_plane %}{{ h.name }}{% else %}none{% endfor %}",
    "{% for x in empty %}{{ x }}{% else %}none{% endfor %}",
    "{% for k, v in values.deep.items() %}{{ k }}{{ v }}{% endfor %}",
    "{% for a in [1, 2] %}{% for b in [3, 4] %}{{ a * b }}{% endfor %}{{ loop.index0 }}{{ loop.revindex }}{% endfor %}",
    "  {% if replicas > 1 %}\n    many\n  {% elif yes %}\n one\n  {% else %}\n none\n  {% endif %}\nend",
    "{% set a = 1 %}{% if yes %}{% set a = 2 %}{% endif %}{{ a }}{% for x in [1] %}{% set a = 3 %}{% endfor %}{{ a }}",
    "{% set a, b = (1, 2) %}{{ a }}{{ b }}",
    "{% set x %}in {{ site }}{% endset %}[{{ x }}]",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}",
    "{% macro m(a, b=site) %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}",
    "{% macro inner() %}x{% endmacro %}{% macro outer() %}{{ inner() }}{{ site }}{% endmacro %}{{ outer() }}",
    '{{ text.rsplit(":", 1)[0] }} {{ text.split(":") }} {{ text[1:] }} {{ text[:-1] }} {{ text[::2] }} {{ text[0] }}',
    "{{ site ~ 1 ~ yes ~ nothing }}",
    "{{ (site ~ ' ' ~ site)[:6] }}",
    "{{ 7 // 2 }} {{ 7 / 2 }} {{ 7 % 4 }} {{ -3 + 1 }}",
    "{{ 1 < 2 <= 2 }} {{ 1 == 1.0 }} {{ 'a' in site }} {{ 'z' not in site }} {{ 3 in values.list"
    " }} {{ 'x' in values }}",
    "{{ yes and 'a' or 'b' }} {{ not yes }} {{ nothing or 'b' }} {{ 'a' if nothing else 'b' }}{{ 'c' if nothing }}",
    "{{ {'a': 1}['a'] }} {{ [1, 2][1] }} {{ (1, 2) | length }} {{ [1, [2]] }} {{ {'a': [1]} }} {{"
    " nothing }} {{ ratio }}",
    "{{ missing | default('d') }} {{ values.missing | default(1) }} {{ '' | default('e', true) }}"
    " {{ site | default(1) }}",
    "{{ missing is defined }} {{ site is defined }} {{ values.missing is undefined }} {{ nothing is none }}",
    "{{ replicas is number }}{{ site is string }}{{ values is mapping }}{{ empty is iterable }}{{"
    " 4 is even }}{{ 4 is odd }}",
    "{{ values.list | sort | join(',') }} {{ values.list | sort(reverse=true) }} {{ values.list |"
    " max }}{{ values.list | min }}",
    "{{ hosts | map(attribute='name') | join(', ') }} {{ hosts | selectattr('control_plane') |"
    " map(attribute='name') | list }}",
    "{{ hosts | rejectattr('control_plane') | map(attribute='address') | first }}{{ values.list |"
    " last }}{{ values.list | sum }}",
    "{{ hosts | map(attribute='name') | map('upper') | list }}",
    "{{ [1, 2, 3, 4] | select('even') | list }}",
    "{{ [1, 2, 3, 4] | reject('gt', 2) | list }}",
    "{{ [1, 1, 2] | unique | list }}",
    "{{ ['b', 'A'] | sort }}",
    "{{ values.deep | dictsort }} {{ values.deep | items | list }} {{ values.deep.keys() | list }}",
    "{% set same = {'cgroup.version': 'S', 'host.cpu': 'NumCPU'} %}"
    "{{ same | dictsort | selectattr(0, 'in', host.waived) | map(attribute=1) | list | join }}",
    "{{ 'a\nb\n\nc' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}",
    "{{ quoted | tojson }} {{ values.deep | tojson }} {{ [1, yes, nothing] | tojson }}",
    "{{ ' a ' | trim }}{{ 'ab' | upper }}{{ 'AB' | lower }}{{ 'ab' | capitalize }}{{ 'aba' | replace('a', 'x') }}",
    "{{ '12' | int + 1 }} {{ 'x' | int }} {{ 3 | string ~ 4 }} {{ -3 | abs }} {{ [1, 2] | reverse | list }}",
    "{{ range(3) | list }} {{ range(1, 7, 2) | join }}",
    "{{ 'a-b'.replace('-', '_') }}{{ 'ab'.startswith('a') }}",
    "{{ 'x'.join(['a', 'b']) }} {{ values.get('gone', 7) }} {{ 'v1'.removeprefix('v') }} {{ 'a=b'.partition('=')[2] }}",
    "{% raw %}{{ not }}{% endraw %}{# a remark #}",
    "{%- if yes -%} a {%- endif -%} b",
    "{{ 'a' + 'b' }}{{ [1] + [2] }}",
    "line\n{% for x in [1, 2] %}\n- {{ x }}\n{% endfor %}\nlast\n",
)


@pytest.mark.parametrize("source", SAME)
def test_a_template_means_what_it_means_in_jinja(source: str) -> None:
    assert interpreter.rendered(source, NAMES) == JINJA.from_string(source).render(NAMES)


@pytest.mark.parametrize("component", core_manifest().components, ids=lambda each: each.name)
def test_every_text_of_the_core_bundle_is_what_jinja_makes_of_it(component: Component) -> None:
    for profile in ("rehearsal", "ha"):
        answers = answers_file.load(ROOT / "profiles" / f"{profile}.yaml")
        environment = answers.environments[0]
        names = context.for_component(context.context(answers, environment, core_manifest()), environment, component)
        late = {"join": {"token": "t", "ca_hash": "h", "certificate_key": "k"}, "each": "docker.io", "probe": "p",
                "port": 8080, "namespace": "n"}  # fmt: skip
        for host in environment.hosts:
            seen = {**context.for_host(names, host), **late}
            for text, source in component.texts.items():
                assert templates.render(component, text, seen) == JINJA.from_string(source).render(seen), text


@pytest.mark.parametrize(
    "source",
    ["{{ missing }}", "{{ values.missing }}", "{{ values.missing.more }}", "{% if missing %}{% endif %}",
     "{% for x in missing %}{% endfor %}", "{{ missing + 1 }}", "{{ missing == 1 }}", "{{ missing | upper }}",
     "{{ hosts[7] }}", "{{ empty | first }}", "{{ 1 / 0 }}", "{{ 'a' + 1 }}", "{{ values.name()"
     " }}", "{{ }}", "{% if %}",
     "{% endfor %}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "{% set a, b = [1] %}"],
)  # fmt: skip
def test_what_jinja_refuses_is_refused(source: str) -> None:
    with pytest.raises(TemplateError):
        interpreter.rendered(source, NAMES)
    with pytest.raises((TemplateError, TypeError, ArithmeticError, ValueError)):
        JINJA.from_string(source).render(NAMES)


DOUBLED = "{% set a = 'aaaaaaaaaaaaaaaa' %}"
NESTED = "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 60
LONG = "{% set a %}{% for i in range(1000) %}" + "a " * 1000 + "{% endfor %}{% endset %}"
HUNGRY = (
    "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
    "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{%"
    " endfor %}{% endfor %}",
    "{{ range(10 ** 10) | list }}",
    "{{ range(10000000000) | list }}",
    "{{ 'a' * 10000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% set a = 9999999999999999 %}" + "{% set a = a * a %}" * 30 + "{{ a }}",
    DOUBLED + "{% set a = a ~ a %}" * 40,
    DOUBLED + "{% set a = a + a %}" * 40,
    DOUBLED + "{% set a = [a, a] | join %}" * 40,
    DOUBLED + "{% set a = a.replace('a', a) %}" * 10,
    DOUBLED + "{% set a = a.join([a, a, a]) %}" * 30,
    DOUBLED + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40,
    NESTED + "{{ a }}",
    NESTED + "{{ a == a }}",
    NESTED + "{{ a | tojson }}",
    NESTED + "{{ [a, a] | sort }}",
    NESTED + "{{ a in [a] }}",
    NESTED + "{{ a | string }}",
    NESTED + "{{ a | max }}",
    NESTED + "{{ [a] | unique }}",
    NESTED + "{{ [a] | join }}",
    NESTED + "{{ a ~ '' }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a\tb'.expandtabs(1000000000) }}",
    "{{ 'a\nb' | indent(1000000000) }}",
    "{{ [1] | tojson(indent=1000000000) }}",
    "{{ lipsum(n=100000) }}",
    "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
    "{% macro m(n) %}{% if n < 19 %}{{ m(n + 1) }}{{ m(n + 1) }}{% endif %}{% endmacro %}{{ m(0) }}",
    "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    LONG + "{{ a.split() | length }}",
    LONG + "{% for i in range(10000) %}{% set b = a[1:] %}{% endfor %}",
    LONG + "{% for i in range(10000) %}{{ 'b' in a }}{% endfor %}",
    LONG + "{{ a | list | length }}",
    "{% set a = range(100000) | list %}" + "{% set b = a[1:] %}" * 1000,
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
    "{{ " + "+".join(["1"] * 100_000) + " }}",
    "{{ 1 }}" * 30_000,
    "{{ 1" + "|string" * 9000 + " }}",
    "x" * (2 << 20),
    "{{ " + "[" * 900 + "]" * 900 + " }}",
)


@pytest.mark.parametrize("source", HUNGRY, ids=range(len(HUNGRY)))
def test_no_template_takes_more_than_its_bounds(source: str) -> None:
    with pytest.raises(Refused):
        interpreter.rendered(source, NAMES)


@pytest.mark.parametrize(
    "source",
    ["{{ ''.__class__ }}", "{{ host.__class__ }}", "{{ hosts.append(1) }}", "{{ values.update({}) }}", "{{ self }}",
     "{{ host.name.__init__.__globals__ }}", "{{ values.__class__ }}", "{{ cycler.__init__ }}", "{{ namespace() }}",
     "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}", "{% block b %}{% endblock %}",
     "{% filter upper %}a{% endfilter %}", "{% set ns.a = 1 %}", "{{ site | attr('upper') }}", "{{ [1] | xmlattr }}",
     "{% call m() %}{% endcall %}", "{{ range(*[1]) }}", "{{ m(**{}) }}", "{{ host | pprint }}"],
)  # fmt: skip
def test_nothing_is_had_but_what_is_named(source: str) -> None:
    with pytest.raises(TemplateError):
        interpreter.rendered(source, NAMES)


def test_a_large_site_is_far_from_the_bounds() -> None:
    hosts = [HostView(f"node-{n}", f"10.1.{n // 250}.{n % 250}", False, frozenset()) for n in range(1000)]
    source = "{% for h in hosts %}{{ h.name }} {{ h.address }}{{ '' if loop.last else ',' }}\n{% endfor %}"
    assert interpreter.rendered(source, {"hosts": hosts}).count("\n") == 1000


def test_the_line_is_named() -> None:
    with pytest.raises(Refused, match=r"'gone' is undefined \(line 3\)"):
        interpreter.rendered("a\nb\n{{ gone }}\n", {})


@given(st.text(alphabet="{}%#ab 1|.()[]'\"+-*~,=\n", max_size=60))
def test_whatever_is_written_ends_in_a_text_or_a_refusal(source: str) -> None:
    with suppress(TemplateError):
        assert isinstance(interpreter.rendered(source, {"a": 1, "b": [1, 2]}), str)


def test_a_template_that_takes_too_much_is_the_bundle_s_fault_and_named() -> None:
    component = Component("page", "1", texts={"page.conf": HUNGRY[0]})
    with pytest.raises(BundleNotTrusted) as refusal:
        templates.render(component, "page.conf", NAMES)
    said = f"component page, page.conf: template cannot be rendered: it takes more than {bounds.STEPS} steps (line 1)"
    assert refusal.value.message == said
    with pytest.raises(BundleNotTrusted, match="pow"):
        templates.fill(component, "{{ 9 ** 9 ** 9 }}", NAMES)


def test_an_image_s_name_is_whole_and_of_several_versions_none_is_meant() -> None:
    answers = answers_file.load(ROOT / "profiles" / "rehearsal.yaml")
    images = context.context(answers, answers.environments[0], core_manifest())["images"]
    assert images["registry.k8s.io/pause"] == "registry.k8s.io/pause:3.10.2"
    assert "pause" not in images
    kubernetes = core_manifest().component("kubernetes")
    (pause,) = (each for each in kubernetes.artifacts if each.name == "pause")
    older = replace(kubernetes, artifacts=(*kubernetes.artifacts, replace(pause, tag="3.9")))
    foreign = Component("foreign", "1", (replace(pause, repository="docker.io/acme/busybox", tag="9"),))
    parts = tuple(older if each.name == "kubernetes" else each for each in core_manifest().components)
    several = replace(core_manifest(), components=(*parts, foreign))
    images = context.context(answers, answers.environments[0], several)["images"]
    assert "registry.k8s.io/pause" not in images
    assert images["registry.sitewright.internal/busybox"] == "registry.sitewright.internal/busybox:1.35"
