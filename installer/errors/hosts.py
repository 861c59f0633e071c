"""What preflight refuses: hosts that cannot be reached or entered, answers and machines that do not do."""

from __future__ import annotations

from installer.errors.base import SitewrightError


class PreflightFailed(SitewrightError):
    """{count} preflight problem(s): {checks}; nothing has been changed"""

    exit_code = 4
    hint = "mend them, or waive one by name with a reason, a person and an end date under `waivers` in the answers"


class MachinesTooSmall(PreflightFailed):
    """the offered machines do not suffice: {count} thing(s) short"""

    hint = "provide what stands above, or ask for less: sitewright size --set path=value"


class AnotherBundleStands(PreflightFailed):
    """{reason}"""

    hint = "install with the bundle that stands"


class HostUnreachable(PreflightFailed):
    """{host} ({address}) cannot be reached: {reason}"""

    hint = "check the address, the port and the network between this machine and the host"


class LoginRefused(PreflightFailed):
    """{host}: login as {user} refused: {reason}"""

    hint = "check access.user and the key, passphrase or password references in the answers"


class HostKeyMismatch(PreflightFailed):
    """{host} shows host key {found}, but {wanted} is pinned; somebody may be in between"""

    hint = "find out why the key changed; only then pin the new one as host_key in the answers"


class HostKeyUnknown(PreflightFailed):
    """{host} shows host key {found}, and no key is pinned for it; it is never trusted unseen"""

    hint = "compare it on the host with: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; then host_key: {fingerprint}"


class KnownHostsMissing(HostKeyUnknown):
    """{host} shows host key {found}, and the file of known host keys {path} is not there; it is never trusted unseen"""


class HostKeyRevoked(PreflightFailed):
    """{host} shows host key {found}, and the file of known host keys revokes it or its authority"""

    hint = "give the host a new key; the revoked one may be in other hands"


class KnownHostsUnreadable(PreflightFailed):
    """{host}: the known host keys in {path} cannot be read: {reason}"""

    hint = "make it readable, or name another file as access.known_hosts in the answers, or pin the host's host_key"


class SudoRefused(PreflightFailed):
    """{host}: sudo as {user} refused: {reason}"""

    hint = "allow the user to run every command by sudo, and check access.sudo_password in the answers"


class NoCommands(PreflightFailed):
    """{host}: the login as {user} is accepted, but runs no commands: {reason}"""

    hint = "log in as this user by hand and mend what it says; its login shell has to run `bash` when it is told to"


class SecretUnavailable(PreflightFailed):
    """secret {reference} cannot be resolved: {reason}"""

    hint = "a secret is named in the answers as {{env: NAME}}, {{file: PATH}}, {{command: [...]}} or {{prompt: TEXT}}"
