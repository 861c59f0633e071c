"""Where a component may write on a host, with which modes, and which units it may bring: a closed list.

A bundle is trusted as a whole, but a vendor's key may be stolen and a component careless: whatever the signature says,
nothing of a bundle gets over a host's accounts, its login, its boot or somebody else's programs. bundle.yaml can name
further places one by one, as exemptions; those are shown to whoever verifies or plans, and some places are never given.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from installer.layout import CONFIG, HOME
from installer.messages import Message

LARGEST_MODE = 0o755
"""Of files: nobody but their owner writes, and none of them acts as its owner (no setuid, setgid or sticky bit)."""
PLAIN = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9_.+=@:-]*){1,16}")
"""An absolute path in one spelling: no "." or "..", no hidden files, no blanks, no slash twice or at its end."""
LONGEST = 250
EACH = "{each}"
UNITS = "/etc/systemd/system"
PROGRAMS = ("/opt/cni/bin", "/usr/local/bin", "/usr/local/sbin", f"{HOME}/bin")
"""Folders for programs that a component brings as its own files."""
FOLDERS = ("/etc/containerd",)
"""Folders below which any component may put files."""
OWN = CONFIG
"""In it each component may have folders, whose names have no dot."""
INSTALLERS_OWN = frozenset({"bundle", "pki"})
"""Folders there that are the installer's: what hosts trust, and the site's keys."""
LEFT = frozenset({"/etc/cni", "/etc/containerd", "/opt/cni", "/opt/containerd", "/run/containerd", "/run/netns",
                  "/run/nri", "/var/lib/containerd"})  # fmt: skip
"""Directories that components may leave behind and that go with them: those of the container runtime."""
INSTALLERS_DATA = frozenset(
    {"bin", "charts", "components", "log", "registry", "replicate", "restore", "runs", "upgrade", "volumes"}
)
"""Names in `HOME` that are the installer's: a component has a directory there by its own name, but by none of these."""
HOSTS_OWN = frozenset({
    "bash", "busybox", "cat", "chmod", "chown", "cp", "cron", "crond", "curl", "dash", "date", "dbus",
    "dbus-broker", "df", "dpkg", "du", "find", "getty", "grep", "head", "id", "init", "install", "ip",
    "iptables", "kill", "less", "ln", "login", "logrotate", "ls", "mkdir", "modprobe", "mount", "mv",
    "NetworkManager", "nft", "nsenter", "openssl", "passwd", "ps", "python", "python3", "rm", "rpm",
    "rsyslog", "rsyslogd", "sed", "sh", "ss", "ssh", "ssh-keygen", "sshd", "su", "sudo", "sysctl",
    "systemctl", "systemd", "systemd-run", "tail", "tar", "tee", "test", "touch", "umount", "useradd",
    "usermod", "visudo", "wget"
})  # fmt: skip
"""Names of programs and units that are every host's; a component that has one of them gets it nowhere on the path."""
ROOTS = re.compile(r"/(opt|run|srv|usr/local|var/cache|var/lib|var/log)/.+|/etc/[^/]+/.+")
"""Where an exemption may lie."""
NEVER = re.compile(
    r"/etc/(passwd|shadow|group|gshadow|sub[ug]id|sudo|doas|ssh|pam|security|cron|anacron|at\.|profile|bash|zsh|csh|fish|"
    r"environment|ld\.so|crypttab|fstab|hosts|nsswitch|resolv|login|shells|securetty|systemd|init|rc|inittab|apt|dpkg|"
    r"yum|dnf|zypp|rpm|pki|ssl|ca-certificates|udev|polkit|dbus|modprobe|modules|kernel|default|grub|dracut|initramfs|"
    r"selinux|apparmor|machine-id|os-release|hostname|krb5|sssd|skel|X11|xdg|xinetd|inetd|logrotate|NetworkManager|"
    r"network|netplan|ppp|dhcp|rsyslog|audit|kubernetes|sitewright|sysctl|alternatives|update-motd|binfmt|tmpfiles|"
    r"lightdm|gdm|python|perl|ansible|salt|puppet|cloud|acpi|nftables|iptables|ufw|firewalld).*"
    r"|/(var/lib|run)/(dpkg|rpm|apt|systemd|dbus|polkit|sudo|pam|AccountsService|extrausers|sshd|udev|kubelet|etcd|"
    r"sitewright|cloud|NetworkManager|lock|user|utmp|log|credentials).*"
    r"|/var/log/(journal|audit|wtmp|btmp|lastlog).*|/usr/local/(bin|sbin|lib|lib64).*"
)
"""What no exemption reaches: accounts, login, privileges, boot, packages, logs, name service, and what is ours."""


@dataclass(frozen=True)
class Owner:
    """The component that writes: its name, its host files, and what bundle.yaml exempts for it."""

    name: str
    files: frozenset[str] = frozenset()
    exempt: frozenset[str] = frozenset()

    def owns(self, name: str) -> bool:
        """Whether a program or a unit of that name (without its ending) is the component's own."""
        ours = name in self.files or name == self.name or name.startswith("sitewright-")
        return ours and name not in HOSTS_OWN and not name.startswith("systemd")


def file_flaw(owner: Owner, path: str) -> str:
    """Why a component may not put a file there; empty where it may."""
    return _flaw(owner, path, _is_own(owner, path))


def leaf_flaw(owner: Owner, path: str) -> str:
    """Why a component may not have a directory removed with it; empty where it may."""
    data = path == f"{HOME}/{owner.name}" and owner.name not in INSTALLERS_DATA
    return _flaw(owner, path, data or path in LEFT or _in_own_folder(path, deep=1))


def mode_flaw(mode: str) -> str:
    """Why a file may not have that mode (octal digits); empty where it may."""
    if int(mode, 8) & ~LARGEST_MODE:
        return Message(
            "mode {mode} is more than {largest_mode}: only its owner writes a file, and nothing runs as its owner",
            mode=mode,
            largest_mode=format(LARGEST_MODE, "04o"),
        )
    return ""


def unit_flaw(unit: str, brought: Collection[str]) -> str:
    """Why a component may not enable a unit; empty where it may. `brought` are the paths that it writes."""
    if f"{UNITS}/{unit}" not in brought:
        return Message(
            "unit {unit} is not brought by the component: it has no text at {units}/{unit}", unit=unit, units=UNITS
        )
    return ""


def exemption_flaw(path: str) -> str:
    """Why bundle.yaml may not exempt a path; empty where it may."""
    if reason := _spelling(path):
        return reason
    if ROOTS.fullmatch(path) and not NEVER.fullmatch(path):
        return ""
    return Message("{path} is where no component may write, exempted or not", path=path)


def _flaw(owner: Owner, path: str, own: bool) -> str:
    if reason := _spelling(path):
        return reason
    if own:
        return ""
    if reason := exemption_flaw(path):
        return reason
    if path in owner.exempt:
        return ""
    return Message(
        "{path} is no place of component {name}, and bundle.yaml has no exemption for it", path=path, name=owner.name
    )


def _spelling(path: str) -> str:
    if len(path) > LONGEST or not PLAIN.fullmatch(path.replace(EACH, "each")):
        return Message("{path} is no plain absolute path", path=repr(path[:LONGEST]))
    return ""


def _is_own(owner: Owner, path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if folder == UNITS:
        return owner.owns(name.rpartition(".")[0])
    if folder in PROGRAMS:
        return owner.owns(name) or (folder == PROGRAMS[-1] and name not in HOSTS_OWN)
    return any(path.startswith(f"{each}/") for each in FOLDERS) or _in_own_folder(path, deep=2)


def _in_own_folder(path: str, deep: int) -> bool:
    steps = path.removeprefix(f"{OWN}/").split("/") if path.startswith(f"{OWN}/") else []
    return len(steps) >= deep and "." not in steps[0] and steps[0] not in INSTALLERS_OWN
