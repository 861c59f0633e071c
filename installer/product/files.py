"""A product's folder, read: its statements (product.yaml, services/) and the manifests they name. All input is here.

A folder of strangers may hold anything. So only regular files below it are read, by suffix, a bounded number of them
and of their bytes; hidden folders are passed by, and a link that leads out of the folder is told, not followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from installer.errors import Problem, ProductUnreadable
from installer.formats import text_file
from installer.messages import Message

LARGEST = 4 << 20
"""Bytes of the largest file that is read; the largest definitions of resources come to two million."""
TOGETHER = 32 << 20
"""Bytes of all files together."""
MOST = 2_000
"""Files that a product may have: one for each object of a large one."""
VISITED = 20_000
"""Entries of folders that are looked at for manifests."""
SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Text:
    """A file as it was read; `name` is its path as messages tell it."""

    name: str
    text: str


@dataclass
class Reader:
    """Reads files below one folder, within bounds that hold for all of them together; keeps every problem."""

    root: Path
    problems: list[Problem] = field(default_factory=list)
    _bytes: int = 0
    _files: int = 0
    _visited: int = 0

    def statements(self) -> list[Text]:
        """product.yaml, then the files of `services`.

        Raises:
            ProductUnreadable: there is no such folder, or no such file in it.
        """
        if not self.root.is_dir():
            self.refuse(str(self.root), Message("no such folder"), Message("the folder that holds product.yaml"))
            raise self.refusal()
        places = [self.root / name for name in ("product.yaml", "product.yml") if os.path.lexists(self.root / name)]
        if not places:
            self.refuse(str(self.root), Message("no product.yaml"), Message("product.yaml in this folder"))
            raise self.refusal()
        services = self.root / "services"
        return self._texts([*places, *(self._below(services) if services.is_dir() else ())], self.root)

    def manifests(self, paths: Sequence[Path], within: Path | None) -> list[Text]:
        """The files at these paths, and below them where they are folders; none outside `within`, where it is given."""
        files: list[Path] = []
        for path in paths:
            if not os.path.lexists(path):
                self.refuse(
                    str(path),
                    Message("no such file or folder"),
                    Message("manifests: where the product's objects are (manifests in product.yaml)"),
                )
            elif path.is_dir():
                files += self._below(path) if self._inside(path, within) else ()
            else:
                files.append(path)
        return self._texts(list(dict.fromkeys(files)), within)

    def refuse(self, file: str, found: Message, wanted: Message, line: int = 1, path: str = "") -> None:
        """Keep one thing that is wrong."""
        self.problems.append(Problem(file, line, path, found, wanted))

    def refusal(self) -> ProductUnreadable:
        """Everything that was wrong, as one error."""
        return ProductUnreadable(file=self.root, count=len(self.problems), problems=tuple(self.problems))

    def _below(self, folder: Path) -> list[Path]:
        """All files with a suffix of ours below a folder, in order."""
        found: list[Path] = []
        for here, folders, names in os.walk(folder, followlinks=False):
            self._visited += len(folders) + len(names)
            if self._visited > VISITED:
                self.refuse(str(folder), Message("more than {count} files", count=VISITED), BOUNDED)
                raise self.refusal()
            for name in folders:
                if Path(here, name).is_symlink():
                    self._inside(Path(here, name), self.root)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            found += [Path(here, name) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != "."]
        return found

    def _texts(self, files: Sequence[Path], within: Path | None) -> list[Text]:
        return [Text(str(path), text) for path in files if (text := self._text(path, within)) is not None]

    def _text(self, path: Path, within: Path | None) -> str | None:
        """A file's text; None where it has none, which has then been told."""
        self._files += 1
        if self._files > MOST:
            self.refuse(str(self.root), Message("more than {count} files", count=MOST), BOUNDED)
            raise self.refusal()
        if not self._inside(path, within):
            return None
        wanted = Message("a text file in UTF-8")
        try:
            raw = text_file.read(path, LARGEST)
            self._bytes += len(raw)
            text = text_file.decoded(raw)
        except text_file.Unfit as error:
            self.refuse(str(path), error.reason, error.cure or wanted)
            return None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self.refuse(str(path), Message("a file that cannot be read ({reason})", reason=reason), wanted)
            return None
        if self._bytes > TOGETHER:
            self.refuse(str(self.root), Message("more than {count} MiB of files", count=TOGETHER >> 20), BOUNDED)
            raise self.refusal()
        return text

    def _inside(self, path: Path, within: Path | None) -> bool:
        """Whether a path leads to something within a folder; one that does not has then been told."""
        try:
            inside = within is None or path.resolve(strict=True).is_relative_to(within.resolve())
        except (OSError, RuntimeError, ValueError):
            self.refuse(str(path), Message("a link that leads nowhere"), Message("the file itself"))
            return False
        if not inside:
            self.refuse(str(path), Message("a way out of the product's folder"),
                        Message("files below it; others are given with --manifests"))  # fmt: skip
        return inside


BOUNDED = Message("a product's own files alone: name them under manifests in product.yaml")


def placed(root: Path, said: Sequence[str]) -> Iterator[Path]:
    """Paths of product.yaml, which start at its folder."""
    return (root / each for each in said)
