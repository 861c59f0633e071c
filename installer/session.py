"""What a verb works with: answers, verified bundle and inputs, opened in the order in which each can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from installer import answers_file
from installer.answers import Answers
from installer.bundle import verify
from installer.bundle.archive import Archive
from installer.bundle.manifest import Manifest
from installer.errors import BundleNotTrusted, UsageError
from installer.plan.inputs import Inputs


@dataclass(frozen=True)
class Trusted:
    """Answers that are valid, and a bundle that an allowed signer signed."""

    answers: Answers
    archive: Archive
    inputs: Inputs

    @property
    def manifest(self) -> Manifest:
        """What the bundle holds."""
        return self.inputs.manifest


def now() -> datetime:
    """This machine's clock, UTC."""
    return datetime.now(UTC)


def load_answers(profile: Path | None) -> Answers:
    """Read the answers that --profile names.

    Raises:
        UsageError: it names none.
        AnswersInvalid: they are not valid.
    """
    if profile is None:
        raise UsageError(reason="which answers?", hint="give --profile FILE")
    return answers_file.load(profile)


def open_trusted(profile: Path | None, bundle: Path | None, signers: Path | None) -> Trusted:
    """Read the answers and open the bundle, if it is to be trusted.

    Raises:
        UsageError: a file is not named or not there.
        AnswersInvalid: the answers are not valid, also against this bundle.
        BundleNotTrusted: the bundle is not what an allowed signer signed.
    """
    answers = load_answers(profile)
    if bundle is None:
        raise UsageError(reason="which bundle?", hint="give --bundle FILE")
    allowed = read_signers(signers or (Path(answers.signers) if answers.signers else None), bundle)
    archive, manifest = trusted(bundle, allowed)
    answers_file.check_components(answers, manifest)
    inputs = Inputs(
        answers=answers,
        manifest=manifest,
        bundle_json=archive.bundle_json,
        signature=archive.signature,
        signers=allowed,
    )
    return Trusted(answers, archive, inputs)


def trusted(bundle: Path, signers: bytes) -> tuple[Archive, Manifest]:
    """Open a bundle that one of the signers signed; the caller closes it.

    Raises:
        BundleNotTrusted: nobody of them did.
        UsageError: it is not there.
    """
    archive = Archive.open(bundle)
    return archive, verify.trust(archive, signers.decode(errors="replace"), now())


def read_signers(path: Path | None, bundle: Path) -> bytes:
    """The allowed signers.

    Raises:
        BundleNotTrusted: there are none, so nobody can be trusted.
    """
    if path is None:
        raise BundleNotTrusted(bundle=bundle, reason="no allowed signers are named",
                               hint="give --signers FILE, or trust.signers in the answers")  # fmt: skip
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleNotTrusted(bundle=bundle, reason=f"allowed signers {path}: {error.strerror}",
                               hint="give --signers FILE, or trust.signers in the answers") from error  # fmt: skip
