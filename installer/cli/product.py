"""product check: hold what a product's services state against its manifests and a customer's answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from installer import whole_file
from installer.cli import trusted_inputs
from installer.cli.commands import ProductCommand
from installer.errors import FileRefused, ProductContradicts, UsageError
from installer.messages import Message
from installer.product import checking, files, objects, sites, statements
from installer.product.checking import Verdict
from installer.product.deployed import Deployed, Site
from installer.product.objects import Thing
from installer.ui import words
from installer.ui.presenter import Presenter

_GIVEN = re.compile(r"(?:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)=)?(.+)", re.DOTALL)


def run(command: ProductCommand, presenter: Presenter) -> int:
    """Tell every contradiction.

    Raises:
        ProductUnreadable: the files are not what they should be; nothing was judged.
        ProductContradicts: there are contradictions; each was told.
        AnswersInvalid: the answers are not valid.
        BundleNotTrusted: the bundle is not what an allowed signer signed.
    """
    known = _sites(command)
    reader = files.Reader(command.folder)
    product = statements.product(reader.statements(), reader.refuse)
    places = _given(command) or {
        name: [(path, command.folder) for path in files.placed(command.folder, said)]
        for name, said in product.manifests.items()
    }
    deployed = _deployed(reader, product, places, known)
    if reader.problems:
        raise reader.refusal()
    verdict = _verdict(product, deployed, known)
    report = _report(command.out, command.language, verdict) if command.out else None
    presenter.product(verdict, report)
    if verdict.contradictions:
        raise ProductContradicts(count=len(verdict.contradictions), product=product.name)
    if command.profile is None:
        again = words.command("product", "check", str(command.folder), "--profile", "FILE")
        presenter.next(("\nNext:  ", again))
    return 0


Places = Mapping[str, list[tuple[Path, Path | None]]]
"""Manifests by environment, under "" those of every one; each with the folder that it has to be in, if any."""


def _given(command: ProductCommand) -> dict[str, list[tuple[Path, Path | None]]]:
    """The manifests of the command line."""
    given: dict[str, list[tuple[Path, Path | None]]] = {}
    for said in command.manifests:
        parts = _GIVEN.fullmatch(said)
        environment, path = (parts[1] or "", parts[2]) if parts and not Path(said).exists() else ("", said)
        given.setdefault(environment, []).append((Path(path), None))
    return given


def _deployed(
    reader: files.Reader, product: statements.Product, places: Places, known: Mapping[str, Site] | None
) -> tuple[Deployed, ...]:
    """Each environment that has manifests; where nothing says which there are, one without a name."""
    names = list(known) if known is not None else [name for name in places if name] or [""]
    read: dict[Path, tuple[Thing, ...]] = {}
    deployed = []
    for name in names:
        here = dict.fromkeys(chain(places.get("", ()), places.get(name, ()) if name else ()))
        for path, within in here:
            if path not in read:
                read[path] = objects.things(reader.manifests([path], within), reader.refuse)
        things = tuple(chain.from_iterable(read[path] for path, _ in here))
        if here:
            deployed.append(Deployed(name, product, things, known[name] if known is not None else None))
    if not deployed:
        reader.refuse(str(reader.root), Message("no manifests for an environment of the answers"),
                      Message("one of: {values}", values=tuple(names)), path="manifests")  # fmt: skip
    elif not reader.problems and not any(each.things for each in deployed):
        reader.refuse(
            str(reader.root), Message("no Kubernetes object"), Message("the product's manifests"), path="manifests"
        )
    return tuple(deployed)


def _verdict(product: statements.Product, deployed: tuple[Deployed, ...], known: Mapping[str, Site] | None) -> Verdict:
    environments = tuple(each.environment for each in deployed if each.environment)
    seen = {id(thing.spot.node) for each in deployed for thing in each.things}
    idle = [name for name in known or () if name not in environments]
    bare = [Message("environment {name}: no manifests for it are named", name=name) for name in idle]
    return Verdict(product.name, len(product.services), len(seen), environments,
                   checking.contradictions(deployed), (*bare, *checking.unjudged(deployed)))  # fmt: skip


def _sites(command: ProductCommand) -> dict[str, Site] | None:
    """What the answers say of each environment, and a bundle if there is one; None without answers."""
    if command.profile is None:
        if command.bundle:
            raise UsageError(reason=Message("a bundle without answers"), hint=Message("give --profile FILE, too"))
        return None
    if command.bundle is None:
        return sites.sites(trusted_inputs.load_answers(command.profile), None)
    trusted = trusted_inputs.open_trusted(command.profile, command.bundle, command.signers)
    with trusted.archive:
        return sites.sites(trusted.answers, trusted.inputs.wiring.parts)


def _report(out: Path, language: str, verdict: Verdict) -> Path:
    """Write the report for the developers.

    Raises:
        FileRefused: it cannot be written there.
    """
    from installer.report import product_page

    page = product_page.html(verdict, language, trusted_inputs.now().date())
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        whole_file.put(out, page.encode())
    except OSError as error:
        raise FileRefused(path=out, reason=error.strerror) from error
    return out
