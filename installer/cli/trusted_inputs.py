"""What a verb works with: answers, verified bundle and inputs, opened in the order in which each can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from installer.answers import file as answers_file
from installer.answers.model import Answers
from installer.bundle import verify
from installer.bundle.archive import Archive
from installer.bundle.manifest import Manifest
from installer.errors import BundleNotTrusted, UsageError
from installer.formats import encodings, text_file
from installer.messages import Message
from installer.plan.inputs import Inputs

LARGEST = 1 << 20
"""Bytes of the largest file of signers or revoked keys that is read: some ten thousand."""
KRL = b"SSHKRL\n\0"
"""How OpenSSH's binary list of revoked keys begins."""


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
        raise UsageError(reason=Message("which answers?"), hint=Message("give --profile FILE"))
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
        raise UsageError(reason=Message("which bundle?"), hint=Message("give --bundle FILE"))
    allowed = read_signers(signers or (Path(answers.signers) if answers.signers else None), bundle)
    archive, manifest = trusted(
        bundle, allowed, read_revoked(Path(answers.revoked) if answers.revoked else None, bundle)
    )
    answers_file.check_components(answers, manifest)
    inputs = Inputs(
        answers=answers,
        manifest=manifest,
        bundle_json=archive.bundle_json,
        signature=archive.signature,
        signers=allowed,
    )
    return Trusted(answers, archive, inputs)


def trusted(bundle: Path, signers: bytes, revoked: str = "") -> tuple[Archive, Manifest]:
    """Open a bundle that one of the signers signed, by a key that is not revoked; the caller closes it.

    Raises:
        BundleNotTrusted: nobody of them did.
        UsageError: it is not there.
    """
    archive = Archive.open(bundle)
    return archive, verify.trust(archive, signers.decode(errors="replace"), now(), revoked=revoked)


def read_signers(path: Path | None, bundle: Path) -> bytes:
    """The allowed signers.

    Raises:
        BundleNotTrusted: there are none, so nobody can be trusted.
    """
    if path is None:
        raise BundleNotTrusted(bundle=bundle, reason=Message("no allowed signers are named"),
                               hint=Message("give --signers FILE, or trust.signers in the answers"))  # fmt: skip
    return _keys(
        bundle, Message("allowed signers"), path, Message("give --signers FILE, or trust.signers in the answers")
    )


def read_revoked(path: Path | None, bundle: Path) -> str:
    """The keys that may sign nothing any more; no text where no list of them is named.

    Raises:
        BundleNotTrusted: the list that is named cannot be read, so nobody knows who is on it.
    """
    if path is None:
        return ""
    hint = "give --revoked FILE, or trust.revoked in the answers: public keys, one a line"
    content = _keys(bundle, Message("revoked keys"), path, hint)
    if content.startswith(KRL):
        raise BundleNotTrusted(
            bundle=bundle, reason=Message("revoked keys {path}: a binary list (KRL)", path=path), hint=hint
        )
    return content.decode()


def _keys(bundle: Path, what: Message, path: Path, hint: str) -> bytes:
    """A file of keys, as text that ssh-keygen reads as well.

    Raises:
        BundleNotTrusted: it cannot be read, or is in another encoding.
    """
    try:
        content = text_file.read(path, LARGEST)
        if content.startswith(KRL):
            return content
        if content.startswith(encodings.MARK):
            raise text_file.Unfit(
                Message("text with a byte order mark, which ssh-keygen does not read"), Message("save it without")
            )
        text_file.decoded(content)
    except text_file.Unfit as error:
        raise BundleNotTrusted(
            bundle=bundle,
            reason=Message("{what} {path}: {reason}", what=what, path=path, reason=error),
            hint=error.cure or hint,
        ) from error
    except OSError as error:
        raise BundleNotTrusted(
            bundle=bundle,
            reason=Message("{what} {path}: {reason}", what=what, path=path, reason=error.strerror),
            hint=hint,
        ) from error
    return content
