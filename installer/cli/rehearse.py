"""rehearse: the same answers and bundle, real SSH, real Kubernetes, on container hosts of this machine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.bundle import sshsig
from installer.bundle.archive import Archive
from installer.bundle.diff import describe
from installer.cli import rehearse_upgrade, site, trusted_inputs
from installer.cli.commands import RehearseCommand, SiteCommand, default_state
from installer.errors import Interrupted, PracticeImpossible, SitewrightError, StepFailed, UsageError
from installer.messages import Message
from installer.rehearsal import hosts, image, podman
from installer.rehearsal.site import STATE, PracticeSite, site_of
from installer.rehearsal.stand_in import rehearsed
from installer.ui import words
from installer.ui.presenter import Presenter
from installer.workshop import cache_folder

OWN = "rehearsal"
"""Folder of the state directory with the runs of rehearsals: a site and its rehearsal know nothing of each other."""

RESUMABLE = (StepFailed.exit_code, Interrupted.exit_code)

RECIPE = Path(__file__).resolve().parents[2] / "bundles" / "core"
"""The recipe that a rehearsal builds where no bundle is given; a source checkout has it."""
RECIPES = (RECIPE, RECIPE.with_name("platform"))
"""Those that it chooses from: the first that has all components of the answers."""
NEXT = RECIPE.with_name("core-next")
"""The recipe of the release after that, to which a rehearsed upgrade goes where no bundle is named."""


def run(command: RehearseCommand, presenter: Presenter) -> int:
    """Raise the practice hosts of a profile and install on them, or take them away.

    Raises:
        UsageError: a bundle is named to upgrade to, and no upgrade is wanted.
    """
    if command.to is not None and not command.upgrade:
        reason = Message("--to is the bundle of an upgrade, and there is none")
        raise UsageError(reason=reason, hint=Message("give --upgrade as well"))
    answers = trusted_inputs.load_answers(command.profile)
    practice, again = site_of(answers), _again(command)
    plain = _again(replace(command, upgrade=False, to=None))
    state = command.state / OWN
    if command.down:
        return _down(practice, state, plain, presenter)
    podman.require_tools()
    bundle, signers = command.bundle, command.signers
    if bundle is None and not command.hosts_only:
        recipe = recipe_for(answers)
        with ThreadPoolExecutor(1) as pool:
            # Hosts are raised from it afterwards; should it fail, that is told then.
            pool.submit(image.ensure, cache_folder(), presenter.beside())
            bundle, signers = practice_bundle(recipe, presenter)
    _up(practice, presenter)
    if command.hosts_only:
        return 0
    profile = practice.folder / "answers.yaml"
    answers_file.save(answers_file.dump(answers_file.document(rehearsed(answers, practice))), profile)
    installing = SiteCommand(
        verb="install", json=command.json, state=state, profile=profile, bundle=bundle, signers=signers, yes=True
    )
    try:
        code = site.install(installing, presenter)
    except SitewrightError as error:
        if error.exit_code in RESUMABLE:
            error.facts["hint"] = f"when mended, it goes on where it stopped: {again}"
        raise
    if command.upgrade:
        to, trusted = command.to, command.signers
        if to is None:
            to, trusted = practice_bundle(NEXT, presenter)
        code = rehearse_upgrade.there_and_back(installing, to, trusted, presenter)
    presenter.next(("Take it down:  ", f"{plain} --down"))
    return code


def _again(command: RehearseCommand) -> str:
    """This very rehearsal as it can be typed."""
    state = command.state if command.state != default_state() else None
    given = {"profile": command.profile, "bundle": command.bundle, "signers": command.signers, "to": command.to,
             "state": state}  # fmt: skip
    flags = [word for name, value in given.items() if value for word in (f"--{name}", str(value))]
    return words.command("rehearse", *flags, *(["--upgrade"] if command.upgrade else []))


def practice_key() -> tuple[Path, Path]:
    """The key that signs rehearsal bundles and the allowed-signers file that trusts it; made when first needed."""
    folder = Path(STATE).expanduser()
    key, signers = folder / "signing_key", folder / "allowed_signers"
    if not signers.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key.unlink(missing_ok=True)
        key.with_name(key.name + ".pub").unlink(missing_ok=True)
        signers.write_text(sshsig.generate_key(key), encoding="utf-8")
    return key, signers


def recipe_for(answers: Answers) -> Path:
    """The first recipe here that has all components which the answers choose; the last, should none have.

    Raises:
        UsageError: there is no recipe here.
        RecipeInvalid: one cannot be read.
    """
    from installer.builder import reading

    there = [recipe for recipe in RECIPES if (recipe / "bundle.yaml").is_file()]
    if not there:
        raise UsageError(
            reason=Message("no recipe to build a bundle from"), hint=Message("give --bundle FILE --signers FILE")
        )
    chosen = {name for environment in answers.environments for name in environment.components}
    enough = (each for each in there if chosen <= {part.name for part in reading.load(each).parts})
    return next(enough, there[-1])


def practice_bundle(recipe: Path, presenter: Presenter) -> tuple[Path, Path]:
    """The bundle of a recipe, signed with the practice key: from the cache, or built now. Returns it and its signers.

    Raises:
        BuildFailed: it cannot be built.
    """
    from installer.builder import build

    key, signers = practice_key()
    with presenter.building() as emit:
        path = build.build(recipe, key, emit, cache=cache_folder())
    with Archive.open(path) as archive:
        found = describe(archive.manifest)
    presenter.note(
        f"Bundle {found.name} {found.version} · Kubernetes {found.kubernetes} · "
        f"{words.many(found.images, 'image')}, {words.many(found.charts, 'chart')}, "
        f"{words.many(found.files, 'host file')} · {words.size(found.bytes)} · signed with the practice key"
    )
    return path, signers


def _up(practice: PracticeSite, presenter: Presenter) -> None:
    with presenter.bar("raising practice hosts", logged=True) as report:
        hosts.up(practice, cache_folder(), report)
    count = words.many(len(practice.hosts), "host")
    presenter.note(f"Practice site {practice.name} · {count} on an internal network with no way out")
    presenter.note(f"{practice.subnet} is theirs on this machine until they are taken down", faint=True)


def _down(practice: PracticeSite, state: Path, again: str, presenter: Presenter) -> int:
    if not practice.folder.is_dir():
        raise PracticeImpossible(
            site=practice.name,
            reason=Message("no practice hosts of that name were raised here; nothing was taken down"),
            hint=Message("raise them: {again}", again=again),
        )
    hosts.down(practice)
    site.forget(state, practice.name)
    presenter.down(practice.name)
    presenter.next(("Raise it again:  ", again))
    return 0
