"""A small recipe in a folder of the test, a cache that borrows the machine's toolchain, and servers of this process."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from installer.builder.recipe import Source
from installer.engine.events import Event
from installer.workshop import Workshop, cache_folder

GO = "1.27.3"


def write_recipe(folder: Path, *components: Mapping[str, Any], **head: Any) -> Path:
    """A recipe of these components; `files` of a component are written beside its component.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"version": 1, "name": "small", "release": "1.0.0", "architecture": "amd64", "kubernetes": "v1.36.3"}
    names = [component["name"] for component in components]
    (folder / "bundle.yaml").write_text(yaml.safe_dump({**about, "components": names, **head}))
    for component in components:
        home = folder / "components" / component["name"]
        home.mkdir(parents=True, exist_ok=True)
        spec = {key: value for key, value in component.items() if key != "beside"}
        (home / "component.yaml").write_text(yaml.safe_dump({"version": 1, "release": "v1", **spec}))
        for name, content in component.get("beside", {}).items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(content)
    return folder


def borrowed_cache(folder: Path) -> Path:
    """An empty cache that shares the machine's Go toolchain and compiled packages, and nothing that sitewright made."""
    folder.mkdir(parents=True)
    for name in ("toolchains", "go"):
        (cache_folder() / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(cache_folder() / name)
    return folder


def workshop(folder: Path) -> Workshop:
    """A workshop with an empty cache."""
    return Workshop(folder / "cache", "amd64")


def source(kind: str, spec: Mapping[str, Any], folder: Path = Path("/nowhere"), **more: Any) -> Source:
    """A source named "thing"."""
    return Source("thing", kind, spec, folder, **more)


def silent(_: Event) -> None:
    """Take an event and say nothing."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


@contextlib.contextmanager
def web(folder: Path, handler: type[SimpleHTTPRequestHandler] = _Quiet) -> Iterator[str]:
    """Serve a folder on the loopback; gives its address without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tar_bytes(members: Mapping[str, bytes | str | tarfile.TarInfo], mode: str = "w") -> bytes:
    """A tar of files (bytes), links (text) and whatever a TarInfo says."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size, info.mode, info.mtime = len(content), 0o755 if name.endswith(".sh") else 0o644, 1700000000
                tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def deb_bytes(data: bytes, name: str = "data.tar.xz") -> bytes:
    """A Debian package around a data archive."""
    packed = b"!<arch>\n"
    for member, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (name, data)):
        packed += f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        packed += content + b"\n" * (len(content) % 2)
    return packed


def sha(content: bytes) -> str:
    """A digest as locks and manifests have it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def made(kind: Any, what: Any, identity: Mapping[str, Any], tmp_path: Path) -> Path:
    """The folder that a kind of source makes."""
    into = tmp_path / "made"
    into.mkdir()
    kind.make(what, identity, workshop(tmp_path), into)
    return into
