"""Where Maven's files come from: SITEWRIGHT_MAVEN_MIRROR, the mirror of this machine's Maven, or Maven's own choice.

A lock names a file by its path in a repository, so that every machine takes it from its own nearest one; the digest
says whether it is the right file.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from installer.errors import BuildFailed
from installer.messages import Message

VARIABLE = "SITEWRIGHT_MAVEN_MIRROR"
CENTRAL = "central"
"""Maven's name of the repository that every project has; a mirror in its place needs the same one, for Maven takes
what it keeps only from a repository of the name that it came from."""
OWN = "org/apache/maven/model/pom-4.0.0.xml"
"""What every project inherits, a file inside Maven: it names that repository's address."""
BUILDER = "lib/maven-model-builder-*.jar"


def settings(folder: Path) -> list[str]:
    """Options that make Maven take everything from the mirror that is given; none where it goes by its own settings."""
    given = os.environ.get(VARIABLE, "").rstrip("/")
    if not given:
        return []
    (folder / "settings.xml").write_text(
        f"<settings><mirrors><mirror><id>{CENTRAL}</id><mirrorOf>*</mirrorOf><url>{escape(given)}</url></mirror>"
        "</mirrors></settings>",
        encoding="utf-8",
    )
    return ["--settings", str(folder / "settings.xml"), "--global-settings", str(folder / "settings.xml")]


def base() -> str:
    """The address of the repository, without a slash at its end.

    Raises:
        BuildFailed: no mirror is given and Maven is not here to be asked.
    """
    if given := os.environ.get(VARIABLE, "").rstrip("/"):
        return given
    program = shutil.which("mvn")
    if program is None:
        hint = Message(
            "install Maven (apt-get install maven), or name a repository of Maven's in {variable}", variable=VARIABLE
        )
        raise BuildFailed(what=Message("Maven's repository"), reason=Message("mvn is not installed"), hint=hint)
    home = Path(program).resolve().parent.parent
    own = (*_mirrors(Path.home() / ".m2/settings.xml"), *_mirrors(home / "conf/settings.xml"), *_inherited(home))
    if not own:
        hint = Message("name a repository of Maven's in {variable}", variable=VARIABLE)
        raise BuildFailed(
            what=Message("Maven's repository"), reason=Message("{home} does not say where it is", home=home), hint=hint
        )
    return own[0].rstrip("/")


def _mirrors(path: Path) -> Iterator[str]:
    """The mirrors of the central repository that a settings.xml names."""
    if path.is_file():
        for mirror in _elements(path.read_bytes(), "mirror"):
            of = {word.strip() for word in (_text(mirror, "mirrorOf") or "").split(",")}
            if of & {"*", "external:*", CENTRAL} and f"!{CENTRAL}" not in of:
                yield _text(mirror, "url")


def _inherited(home: Path) -> Iterator[str]:
    """The address that Maven itself has."""
    for jar in sorted(home.glob(BUILDER)):
        with zipfile.ZipFile(jar) as archive:
            for repository in _elements(archive.read(OWN), "repository"):
                yield _text(repository, "url")


def _elements(document: bytes, name: str) -> Iterator[ElementTree.Element]:
    """The elements of a name in a file of this machine's own Maven, in whatever namespace."""
    for element in ElementTree.fromstring(document).iter():  # noqa: S314 - the user's own file, and Maven's
        if element.tag.rpartition("}")[2] == name:
            yield element


def _text(element: ElementTree.Element, name: str) -> str:
    return next((child.text or "" for child in element if child.tag.rpartition("}")[2] == name), "").strip()
