"""A product's folder as strangers may bring it: whatever is in it, the answer is bounded, with a file and a line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from core_manifest import ROOT
from product_sample import MANIFEST, PRODUCT, SERVICES, STATED, write

from installer import cli
from installer.answers.model import Answers, Environment, Registry
from installer.bundle.manifest import Component
from installer.cli import product as product_command
from installer.cli.arguments import parsed
from installer.cli.commands import ProductCommand
from installer.errors import ProductUnreadable
from installer.product import files, sites
from installer.ui.for_programs import ForPrograms

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefg", "bcdefgh", strict=True)
)


def line_of(said: str) -> int:
    return next(number for number, line in enumerate(PRODUCT.splitlines(), start=1) if said in line)


BAD: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no folder": (lambda at: at.rename(at.with_name("gone")), "", "no such folder"),
    "no statement": (lambda at: (at / STATED).unlink(), "", "no product.yaml"),
    "not YAML": (lambda at: (at / STATED).write_text("a: [\n"), STATED, "well-formed YAML"),
    "empty": (lambda at: (at / STATED).write_text("# nothing\n"), STATED, "found nothing"),
    "a list": (lambda at: (at / STATED).write_text("- x\n"), STATED, "wanted a mapping"),
    "a newer version": (lambda at: (at / STATED).write_text("version: 9\nx: 1\n"), f"{STATED}:1", "newer sitewright"),
    "an unknown key": (lambda at: (at / STATED).write_text(PRODUCT.replace("roles:", "rolls:")),
                       f"{STATED}:{line_of('roles:')}", "`roles`"),
    "a service twice": (lambda at: (at / "services/more.yaml").write_text((at / SERVICES).read_text()),
                        "services/payments.yaml:3", "states already"),
    "no name": (lambda at: (at / STATED).write_text(PRODUCT.replace("product: demo\n", "")), STATED, "product's name"),
    "aliases": (lambda at: (at / STATED).write_text(BOMB), f"{STATED}:2", "alias"),
    "aliases in manifests": (lambda at: (at / MANIFEST).write_text(BOMB), MANIFEST, "1000000 values"),
    "deep": (lambda at: (at / MANIFEST).write_text("[" * 5_000), MANIFEST, "500 levels"),
    "binary": (lambda at: (at / MANIFEST).write_bytes(b"\x00\x01\x02" * 99), MANIFEST, "binary data"),
    "another encoding": (lambda at: (at / MANIFEST).write_bytes("kind: Pod".encode("utf-16")), MANIFEST, "UTF-16"),
    "huge": (lambda at: (at / MANIFEST).write_bytes(b"#" * (files.LARGEST + 1)), MANIFEST, "more than 4 MiB"),
    "a pipe": (lambda at: os.mkfifo(at / "manifests/pipe.yaml"), "manifests/pipe.yaml", "a pipe"),
    "a way out": (lambda at: (at / "manifests/x.yaml").symlink_to("/etc/hostname"), "manifests/x.yaml", "a way out"),
    "a folder out": (lambda at: (at / "manifests/x").symlink_to("/etc"), "manifests/x", "a way out"),
    "a lost link": (lambda at: (at / "manifests/x.yaml").symlink_to("nowhere"), "manifests/x.yaml", "leads nowhere"),
    "a path out": (lambda at: (at / STATED).write_text(f"{PRODUCT}manifests: [../../etc]\n"), "etc", "no such file"),
    "many files": (lambda at: [(at / f"manifests/{n}.yaml").touch() for n in range(files.MOST + 1)], "",
                   "more than 2000"),
    "no object": (lambda at: (at / MANIFEST).write_text("replicas: 3\n"), f"{MANIFEST}:1", "no Kubernetes object"),
    "a chart": (lambda at: (at / MANIFEST).write_text("a: {{ .Values.x }}{{ if }}\n  b\n"), MANIFEST, "helm template"),
    "a kustomization": (lambda at: (at / MANIFEST).write_text("kind: Kustomization\napiVersion: x/v1\n"),
                        MANIFEST, "build"),
    "a key twice": (lambda at: (at / MANIFEST).write_text("apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {}\n"),
                    f"{MANIFEST}:3", "a second time"),
    "no manifests": (lambda at: (at / STATED).write_text(f"{PRODUCT}manifests: [gone]\n"), "gone", "no such file"),
    "nothing in them": (lambda at: [(at / "empty").mkdir(), (at / STATED).write_text(f"{PRODUCT}manifests: [empty]\n")],
                        "", "no Kubernetes object"),
}  # fmt: skip


def command(folder: Path, *words: str) -> ProductCommand:
    made = parsed(["product", "check", str(folder), *words])
    assert isinstance(made, ProductCommand)
    return made


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    spoil, place, said = BAD[name]
    folder = write(tmp_path / "p")
    spoil(folder)
    with pytest.raises(ProductUnreadable) as refused:
        product_command.run(command(folder), ForPrograms())
    assert refused.value.exit_code == 3
    assert 0 < len(refused.value.problems) < 100
    assert place in refused.value.message
    assert said in refused.value.message
    assert len(refused.value.message) < 20_000


def test_the_sample_agrees_and_a_report_is_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, page = write(tmp_path / "p"), tmp_path / "out/page.html"
    assert cli.run(["product", "check", str(folder), "--out", str(page), "--language", "zh"]) == 0
    assert "no contradiction" in capfd.readouterr().out
    assert "产品检查" in page.read_text()


def test_manifests_of_the_command_line_take_the_place_of_others(tmp_path: Path) -> None:
    folder = write(tmp_path / "p")
    elsewhere = tmp_path / "rendered"
    (folder / "manifests").rename(elsewhere)
    assert product_command.run(command(folder, "--manifests", f"production={elsewhere}"), ForPrograms()) == 0


def test_answers_say_what_a_site_has() -> None:
    production = Environment("production", ("a",), components={"log-contract": {"exempt": ["old-*"]}, "zipkin": {}})
    other = Environment("lab", ("b",), components={"local-path-provisioner": {}})
    answers = Answers(site="s", hosts=(), environments=(production, other), registry=Registry(()), signers="")
    alone = sites.sites(answers, None)
    assert (alone["production"].prefix, alone["lab"].prefix) == ("prod-", None)
    assert {"old-*", "kube-*", "zipkin"} <= alone["production"].exempt
    assert (alone["production"].classes, alone["lab"].classes) == (None, {"local-path"})
    assert alone["production"].roles is None
    part = Component("zipkin", "1", spec={"role": "traces", "chart": {"namespace": "tracing"}})
    known = sites.sites(answers, {"production": [part], "lab": []})
    assert known["lab"].roles == {"traces"}
    assert known["production"].classes == set()
    assert "tracing" in known["production"].exempt


def test_the_shop_keeps_to_what_it_states(tmp_path: Path) -> None:
    from subprocess import run

    from installer.workshop import cache_folder

    programs = sorted((cache_folder() / "tools").glob("helm-*/helm"))
    if not programs:
        pytest.skip("no helm here: it is kept when a bundle is built")
    shop = ROOT / "bundles/core/components/shop"
    digest = "@sha256:" + "1" * 64
    images = [
        f"images.{name}=registry.sitewright.internal/shop-{name}:1.1.0{digest}" for name in ("frontend", "backend")
    ]
    for spans in ("", "http://zipkin:9411"):
        argv = [str(programs[0]), "template", "shop", str(shop / "chart"), "-n", "shop"]
        settings = ",".join((*images, f"spans.url={spans}", "replicas=3"))
        made = run([*argv, "--set", settings], capture_output=True, text=True, check=True)
        (tmp_path / "shop.yaml").write_text(made.stdout)
        assert product_command.run(command(shop, "--manifests", str(tmp_path / "shop.yaml")), ForPrograms()) == 0
        (tmp_path / "shop.yaml").write_text(made.stdout.replace("path: /readyz", "path: /ready"))
        with pytest.raises(Exception, match="1 contradiction"):
            product_command.run(command(shop, "--manifests", str(tmp_path / "shop.yaml")), ForPrograms())
