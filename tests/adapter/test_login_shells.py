"""Users have login shells of every kind: on a real host each does what bash does, and lets nothing altered in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from practice import Practice, raise_practice
from registries import Shelf
from stages import answers_for, open_site, secret

from installer.answers.model import Access
from installer.errors import BundleNotTrusted, NoCommands, SudoRefused
from installer.hosts import facts
from installer.rehearsal import hosts, image
from installer.remote.ssh import hearing, program, root_shell
from installer.remote.world import Site

pytestmark = pytest.mark.lab

PACKAGES = "busybox csh fish ksh mksh tcsh zsh"
SHELLS = {
    "ash": "/usr/local/bin/ash", "bash": "/bin/bash", "csh": "/bin/bsd-csh", "dash": "/bin/dash",
    "fish": "/usr/bin/fish", "ksh": "/bin/ksh93", "mksh": "/bin/mksh", "rbash": "/bin/rbash", "tcsh": "/bin/tcsh",
    "zsh": "/bin/zsh",
}  # fmt: skip
"""Login shells by name; the user whom sudo asks for nothing is called free-NAME, the one it asks asked-NAME."""
USERS = """
ln -sf /bin/busybox /usr/local/bin/ash
for pair do
    shell=${pair#*=}
    [ -x "$shell" ] || exit 1
    for user in "free-${pair%%=*}" "asked-${pair%%=*}"; do
        useradd --create-home --shell "$shell" "$user"
        usermod --password "$(getent shadow engineer | cut -d: -f2)" "$user"
        cp -r ~engineer/.ssh "/home/$user/"
        chown -R "$user:" "/home/$user/.ssh"
    done
    echo "free-${pair%%=*} ALL=(ALL:ALL) NOPASSWD: ALL" >>/etc/sudoers.d/shells
    echo "asked-${pair%%=*} ALL=(ALL:ALL) ALL" >>/etc/sudoers.d/shells
done
chmod 0440 /etc/sudoers.d/shells
"""
ODD = ("it's", '"', "\\", "a\\\\b", "$HOME", "!1", "new\nline\n", "", "*", "ünï 中文", "\udcff")


@pytest.fixture(scope="module")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A host with all these shells and users; its root file system is built once and cached."""
    definition = tmp_path_factory.mktemp("image") / "definition"
    shutil.copytree(image.DEFINITION, definition)
    with (definition / "packages.txt").open("a") as packages:
        packages.write("\n".join(PACKAGES.split()) + "\n")
    practice = raise_practice(1, definition=definition)
    hosts.console(practice.site, "cp-1", "sh", "-c", USERS, "users", *(f"{n}={p}" for n, p in SHELLS.items()))
    yield practice
    hosts.down(practice.site)


def console(practice: Practice, script: str, *arguments: str) -> str:
    return hosts.console(practice.site, "cp-1", "sh", "-c", script, "test", *arguments)


def access(practice: Practice, user: str) -> Access:
    asked = not user.startswith("free-")
    return replace(practice.access, user=user, sudo_password=practice.access.sudo_password if asked else None)


def everything_works(site: Site) -> None:
    """Facts, files and commands, with arguments and contents of every kind, short and long."""
    assert facts.ask(site, "cp-1").cpus > 0
    assert site.run("cp-1", "id", "-u").out == "0\n"
    printed = site.link("cp-1").execute(("printf", r"%s\0", *ODD)).out
    assert printed == b"".join(each.encode("utf-8", "surrogateescape") + b"\0" for each in ODD)
    for content in (bytes(range(256)), bytes(range(256)) * 1024):
        site.write("cp-1", "/var/lib/shells/file", content, mode=0o600)
        assert site.read("cp-1", "/var/lib/shells/file") == content
        (state,) = site.stat("cp-1", "/var/lib/shells/file")
        assert state is not None and (state.mode, state.owner, state.size) == (0o600, "root", len(content))
    ended = site.run("cp-1", "sh", "-c", "cat; echo err >&2; exit 9", stdin=b"in\n")
    assert (ended.code, ended.out, ended.err) == (9, "in\n", "err\n")
    assert site.work("cp-1", "shells", "echo", "done").out == "done\n"


def proved(practice: Practice, access: Access, state: Path) -> None:
    """Everything works, and blobs of 100 bytes and of 200 kB whose bytes are not those of their digests are refused."""
    shelf = Shelf()
    small, large, whole = (shelf.put(bytes([n]) * size) for n, size in ((1, 100), (2, 200_000), (3, 200_000)))
    shelf.alter(small)
    shelf.alter(large)
    with open_site(practice, state, access, shelf) as site:
        everything_works(site)
        for blob in (small, large):
            with pytest.raises(BundleNotTrusted):
                site.send("cp-1", "/var/lib/shells/sent/binary", blob.digest, mode=0o755)
            assert site.run("cp-1", "ls", "-A", "/var/lib/shells/sent").out == "", "nothing is left behind"
        site.send("cp-1", "/var/lib/shells/sent/binary", whole.digest, mode=0o755)
        (sent,) = site.stat("cp-1", "/var/lib/shells/sent/binary")
        assert sent is not None and sent.sha256 == whole.digest.removeprefix("sha256:")
        site.remove("cp-1", "/var/lib/shells")


@pytest.mark.parametrize("sudo", ["free", "asked"])
@pytest.mark.parametrize("shell", SHELLS)
def test_every_login_shell_is_as_good_as_another(shells: Practice, tmp_path: Path, shell: str, sudo: str) -> None:
    proved(shells, access(shells, f"{sudo}-{shell}"), tmp_path)


@pytest.fixture
def standard_shell(shells: Practice, request: pytest.FixtureRequest) -> Iterator[None]:
    """What `sh` is on the host."""
    before = console(shells, "readlink /bin/sh").strip()
    console(shells, 'ln -sf "$1" /bin/sh', request.param)
    yield
    console(shells, 'ln -sf "$1" /bin/sh', before)


@pytest.mark.parametrize("standard_shell", ["bash", "/bin/busybox", "/bin/mksh", "/bin/ksh93"], indirect=True)
@pytest.mark.usefixtures("standard_shell")
def test_it_does_not_matter_what_sh_is(shells: Practice, tmp_path: Path) -> None:
    proved(shells, shells.access, tmp_path)


@pytest.fixture
def login_script(shells: Practice) -> Iterator[None]:
    yield
    console(shells, "rm -f /home/free-bash/.bashrc")


@pytest.mark.usefixtures("login_script")
def test_what_a_login_script_prints_is_nobodys_output(shells: Practice, tmp_path: Path) -> None:
    console(shells, "echo 'echo hello; echo there >&2; umask 077; set -u' >/home/free-bash/.bashrc")
    user = access(shells, "free-bash")
    with open_site(shells, tmp_path, user) as site:
        assert site.run("cp-1", "wc", "-c", stdin=b"x" * 200_000).out == "200000\n"
    proved(shells, user, tmp_path)


@pytest.mark.parametrize("other", ["zsh", "fish", "tcsh", "mksh", "cat"])
@pytest.mark.usefixtures("login_script")
def test_another_program_in_the_shells_place_runs_nothing_of_ours(
    shells: Practice, tmp_path: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fish and csh wait for the end of what they are given before they run any of it."""
    for module in (hearing, root_shell):
        monkeypatch.setattr(module, "START", 2.0)
    console(shells, 'echo "exec $1" >/home/free-bash/.bashrc', other)
    with open_site(shells, tmp_path, access(shells, "free-bash")) as site, pytest.raises(NoCommands, match="cp-1"):
        site.write("cp-1", "/var/lib/shells/file", b"content")
    assert console(shells, "ls -A /var/lib/shells 2>/dev/null; true") == ""


@pytest.mark.parametrize(
    ("shell", "said"), [("/usr/sbin/nologin", "This account is currently not available"), ("/bin/false", "exit code 1")]
)
def test_a_login_without_a_shell_is_told_in_its_own_words(
    shells: Practice, tmp_path: Path, shell: str, said: str
) -> None:
    console(shells, 'usermod --shell "$1" free-bash', shell)
    try:
        with open_site(shells, tmp_path, access(shells, "free-bash")) as site, pytest.raises(NoCommands, match=said):
            site.run("cp-1", "true")
    finally:
        console(shells, "usermod --shell /bin/bash free-bash")


def test_root_of_a_cloud_image_is_told_whom_to_log_in_as(shells: Practice, tmp_path: Path) -> None:
    keys = "/root/.ssh/authorized_keys"
    refusal = r"""echo 'Please login as the user \"debian\" rather than the user \"root\".';echo;sleep 1;exit 142"""
    forced = """cp -p $2 $2.kept; while read -r key; do printf 'command="%s" %s\\n' "$1" "$key"; done <$2.kept >$2"""
    console(shells, forced, refusal, keys)
    try:
        with (
            open_site(shells, tmp_path, access(shells, "root")) as site,
            pytest.raises(NoCommands, match="rather than the user") as caught,
        ):
            site.run("cp-1", "true")
    finally:
        console(shells, f"mv {keys}.kept {keys}")
    assert caught.value.remedy == "set access.user to debian in the answers"


def test_a_password_that_has_expired_is_told_in_the_hosts_words(shells: Practice, tmp_path: Path) -> None:
    console(shells, "chage --lastday 0 asked-bash")
    try:
        with (
            open_site(shells, tmp_path, access(shells, "asked-bash")) as site,
            pytest.raises((NoCommands, SudoRefused), match=r"password has expired|Password change required"),
        ):
            site.run("cp-1", "true")
    finally:
        console(shells, "chage --lastday -1 asked-bash")


def test_a_wrong_password_is_tried_once_and_never_shown(shells: Practice, tmp_path: Path) -> None:
    practice = replace(shells.access, user="asked-zsh")
    wrong = answers_for(shells.answers_hosts(practice))
    with Site(wrong, lambda reference: "not-" + secret(reference), None, tmp_path) as site:
        for _ in range(3):
            with pytest.raises(SudoRefused, match="the password was not accepted") as caught:
                site.run("cp-1", "true")
            assert shells.password not in caught.value.message
    failures = console(
        shells, "journalctl --no-pager _COMM=sudo | grep -c 'authentication failure.*user=asked-zsh' || true"
    )
    assert failures.strip() == "1"


def test_a_stream_through_bash_begins_after_what_a_login_script_prints(shells: Practice, tmp_path: Path) -> None:
    console(shells, "echo 'echo hello' >/home/free-bash/.bashrc")
    console(shells, "systemd-run --quiet --unit=echoes socat TCP-LISTEN:5099,fork,reuseaddr EXEC:cat")
    try:
        with open_site(shells, tmp_path, access(shells, "free-bash")) as site:
            site.run("cp-1", "sh", "-c", "until ss -Hltn sport = :5099 | grep -q .; do sleep 0.1; done")
            stream = site.link("cp-1").stream(5099)
            stream.settimeout(30)
            stream.sendall(program.TRIAL.encode())
            came = b""
            while len(came) < len(program.TRIAL.encode()):
                came += stream.recv(65536)
            assert came == program.TRIAL.encode()
    finally:
        console(shells, "systemctl stop echoes; rm -f /home/free-bash/.bashrc")
