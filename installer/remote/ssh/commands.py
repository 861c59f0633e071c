"""Scripts as values: what each host verb says to a host, what it may ask or remove, and what the answers mean.

Scripts are POSIX sh; what they work on comes in as positional parameters, never spliced into their text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from installer.layout import HOME, RUNTIME
from installer.messages import Message
from installer.ports import QUERIES, FileState

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LIMIT = 16 * 1024 * 1024
"""Most bytes `read` takes."""
ABSENT = 44
"""Exit code by which `READ` says that nothing is there."""
ALTERED = 45
"""Exit code by which `WRITE` says that what arrived has another digest than what was to come."""
ENVIRONMENT = ("env", "-i", "LC_ALL=C", f"PATH={PATH}", "HOME=/root", f"KUBECACHEDIR={RUNTIME}/kubectl")
"""All that a command of ours has of an environment: what the host gives every login, such as a proxy, is not for it."""
PROXIES = "http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY"
"""What curl and Go programs read a proxy from. systemd gives it to all that it starts where DefaultEnvironment says so;
UnsetEnvironment is the last word on it, whatever a drop-in sets."""
LOGS = f"{HOME}/log"

_PROTECTED = frozenset(
    {
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media",
        "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin",  # noqa: S108
        "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/cache",
        "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp", "/etc/ssh", "/etc/systemd",  # noqa: S108
        "/etc/systemd/system",
    }
)  # fmt: skip

# openssl uses the processor's own instructions, coreutils mostly does not: a third of the time for a large binary.
_SHA256 = """
sha256() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r "$@"; else sha256sum -b "$@"; fi; }
"""
"""For each file a line that begins with its digest, after a backslash where its name is an odd one. One call takes them
all: a program takes longer to start than to go through a small file."""

STAT = rf"""{_SHA256}
stat --printf='%n\0%f\0%U\0%s\0' -- "$@"
printf '\0'
for path do
    shift
    if [ -L "$path" ]; then printf '%s\0' "$path"; readlink -z -- "$path"
    elif [ -f "$path" ]; then set -- "$@" "$path"; fi
done
printf '\0'
[ $# -eq 0 ] || {{ printf '%s\0' "$@"; printf '\0'; sha256 "$@"; }}
"""
"""NUL-separated: (path, raw mode, owner, size)*, an empty one, (link, target)*, an empty one; where there are files,
the path of each, an empty one, and the lines of `_SHA256`."""
_SUM = re.compile(r"^\\?([0-9a-f]{64}) ", re.MULTILINE)
_MODE, _SIZE = re.compile(r"[0-9a-f]{1,8}"), re.compile(r"[0-9]{1,19}")

READ = r"""[ -e "$1" ] || exit 44; [ -d "$1" ] && { echo 'is a directory' >&2; exit 1; }; exec head -c "$2" -- "$1" """

# A connection that breaks looks to `cat` like the end of the file, and a blob may be altered on its way: only what has
# the wanted digest gets the name. The name begins with a dot so that programs watching the directory (kubelet, systemd)
# pass the half-written file over.
WRITE = rf"""set -e{_SHA256}
target=$1 mode=$2 digest=$3 folder=${{1%/*}}
umask 022
mkdir -p -- "${{folder:-/}}"
part="$folder/.${{target##*/}}.sitewright-$$"
trap 'rm -f -- "$part"' EXIT
(umask 077; cat > "$part")
found=$(sha256 "$part")
found=${{found#\\}}
[ "${{found%% *}}" = "$digest" ] || {{ echo "what arrived is not what was to come: its digest differs" >&2; exit 45; }}
chown 0:0 -- "$part"
chmod "$mode" -- "$part"
sync -- "$part"
mv -fT -- "$part" "$target"
sync -- "${{folder:-/}}"
"""

# A mount point itself cannot go, only what is on it.
REMOVE = r"""set -e
for path do
    if mountpoint -q -- "$path"; then find "$path" -xdev -mindepth 1 -delete
    else rm -rf --one-file-system -- "$path"; fi
done
"""

MAKE_DIRECTORY = r"""umask 022; exec install -d -m "$2" -o 0 -g 0 -- "$1" """

# `--remain-after-exit` keeps a result until it is collected; one call waits for a while only, so that a dead link is
# noticed soon and no loop is left behind. tail waits for the main process: asking systemd all the time costs far more.
WORK = r"""
unit=$1 log=$2 limit=$3 patience=$4; shift 4
field() { systemctl show --property="$1" --value -- "$unit"; }
if [ "$(field LoadState)" = not-found ]; then
    mkdir -p -- "${log%/*}" && : > "$log" || exit 1
    systemd-run --quiet --unit="$unit" --remain-after-exit --service-type=exec --property=RuntimeMaxSec="$limit" \
        --property=StandardOutput=append:"$log" --property=StandardError=append:"$log" --property=TimeoutStopSec=20 \
        --property=UnsetEnvironment="@PROXIES@" -- "$@" || [ "$(field LoadState)" != not-found ] || exit 1
fi
until=$(($(date +%s) + patience))
while :; do
    state=$(systemctl show --property=SubState --property=MainPID -- "$unit")
    case "$state" in *SubState=exited*|*SubState=failed*|*SubState=dead*) break ;; esac
    left=$((until - $(date +%s)))
    [ "$left" -gt 0 ] || { echo running; exit 0; }
    process=${state#*MainPID=} process=${process%%[!0-9]*}
    [ "$process" = 0 ] || timeout "$left" tail --pid="$process" --sleep-interval=0.1 --follow /dev/null
    sleep 0.05
done
echo "ended $(field Result) $(field ExecMainCode) $(field ExecMainStatus)"
[ ! -e "$log" ] || tail -c 4194304 -- "$log"
""".replace("@PROXIES@", PROXIES)

COLLECT = r"""systemctl stop -- "$1" 2>/dev/null; systemctl reset-failed -- "$1" 2>/dev/null; exit 0"""


def script(text: str, *parameters: str) -> tuple[str, ...]:
    """The argv that runs a script with positional parameters."""
    return ("sh", "-c", text, "sitewright", *parameters)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, in bytes."""

    code: int
    out: bytes
    err: bytes

    @property
    def reason(self) -> str:
        """The last thing it complained about, for people."""
        lines = self.err.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else Message("exit code {code}", code=self.code)


def admitted(argv: Sequence[str]) -> tuple[str, ...]:
    """The argv of a query, `command -v` (a word of the shell, no program) turned into one that can be run.

    Raises:
        ValueError: argv does not begin with an entry of `QUERIES`.
    """
    if not any(tuple(argv[: len(words)]) == words for words in QUERIES):
        raise ValueError(f"not a query: {shlex.join(argv)}")
    if argv[0] in ("command", "which"):
        if argv[0] == "command" and (len(argv) != 3 or argv[1] != "-v"):
            raise ValueError(f"only `command -v NAME` is a query: {shlex.join(argv)}")
        return script('for name do command -v -- "$name" || exit 1; done', *argv[2 if argv[0] == "command" else 1 :])
    return tuple(argv)


def absolute(path: str) -> str:
    """The path, if it is absolute and names one place without going up.

    Raises:
        ValueError: it is not.
    """
    if not path.startswith("/") or ".." in PurePosixPath(path).parts or "\0" in path:
        raise ValueError(f"not an absolute path: {path!r}")
    return path


def removable(path: str) -> str:
    """The path, if losing it cannot break the host.

    Raises:
        ValueError: it is relative, empty, or one of the system's own directories.
    """
    plain = "/" + "/".join(part for part in PurePosixPath(absolute(path)).parts[1:] if part != "/")
    if plain in _PROTECTED:
        raise ValueError(f"will not remove {path!r}")
    return plain


def unit_name(name: str) -> str:
    """A systemd service name for a step: "kubernetes.join@node-2" -> "sitewright-kubernetes.join-node-2.service"."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", name.removesuffix(".service"))
    return f"{plain if plain.startswith('sitewright-') else 'sitewright-' + plain}.service"


def file_states(paths: Sequence[str], out: bytes) -> tuple[FileState | None, ...]:
    """What `STAT` printed, in the order of `paths`.

    Raises:
        ValueError: it is not what `STAT` prints.
    """
    words = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    seen = {path: (_next(words), _next(words), _next(words)) for path in _until_empty(words)}
    links = {path: _next(words) for path in _until_empty(words)}
    files = [*_until_empty(words)]
    digests = _SUM.findall(next(words, ""))
    # A file that went away in between has no digest, and then nobody knows whose the others are.
    sums = dict(zip(files, digests, strict=True)) if len(files) == len(digests) else {}
    return tuple(_file_state(path, seen, links, sums) for path in paths)


def _file_state(
    path: str, seen: dict[str, tuple[str, str, str]], links: dict[str, str], sums: dict[str, str]
) -> FileState | None:
    if path not in seen:
        return None
    raw, owner, size = seen[path]
    if not _MODE.fullmatch(raw) or not _SIZE.fullmatch(size):
        raise ValueError(
            Message(
                "the state of {path} as mode {raw} and size {size}", path=path, raw=repr(raw[:40]), size=repr(size[:40])
            )
        )
    kind = {0o100000: "file", 0o040000: "directory", 0o120000: "link"}.get(int(raw, 16) & 0o170000, "other")
    return FileState(kind, int(raw, 16) & 0o7777, owner, int(size), sums.get(path, ""), links.get(path, ""))


def _next(words: Iterator[str]) -> str:
    word = next(words, None)
    if word is None:
        raise ValueError(Message("the states of files broken off"))
    return word


def _until_empty(words: Iterator[str]) -> Iterator[str]:
    """The words before the next empty one."""
    for word in words:
        if not word:
            return
        yield word


_ENDED = re.compile(rb"ended ([a-z-]{1,40}) ([0-9]{1,3}) ([0-9]{1,3})\n")


def work_ended(out: bytes) -> tuple[int, bytes] | None:
    """The exit code of a unit and what it printed, by what `WORK` printed; None where the unit is still running.

    Raises:
        ValueError: it is not what `WORK` prints.
    """
    if out == b"running\n":
        return None
    told = _ENDED.match(out)
    if told is None:
        raise ValueError(Message("the end of a unit as {out}", out=repr(out[:80])))
    return work_code(told[1].decode(), int(told[2]), int(told[3])), out[told.end() :]


def work_code(result: str, code: int, status: int) -> int:
    """The exit code of a unit, from its Result, ExecMainCode (1: exited, 2 and 3: by a signal) and ExecMainStatus."""
    if result == "timeout":
        return 124
    if code in (2, 3):
        return 128 + status
    return status if status or result == "success" else 1
