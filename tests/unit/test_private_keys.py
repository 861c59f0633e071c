"""Private keys that people name in answers: each that OpenSSH reads is read, and any other is told by what it is."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from installer.formats.private_keys import NoKey, armoured, passphrase_rounds
from installer.remote.ssh import private_keys

SECRET = "secret phrase"
CIPHERS = ("3des-cbc", "aes128-cbc", "aes192-ctr", "aes256-ctr", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
           "chacha20-poly1305@openssh.com")  # fmt: skip
OPENSSL = "openssl genrsa -traditional -out plain 2048"
SEC1 = "openssl ecparam -name prime256v1 -genkey -out plain"
MADE = {
    **{f"{kind} {form}": f"ssh-keygen -q -t {kind} -m {form} -N '$S' -f key"
       for kind in ("rsa -b 2048", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521")
       for form in ("PEM", "PKCS8", "RFC4716")},
    **{f"ed25519 {cipher}": f"ssh-keygen -q -t ed25519 -Z {cipher} -N '$S' -f key" for cipher in CIPHERS},
    **{f"rsa {cipher}": f"ssh-keygen -q -t rsa -b 2048 -Z {cipher} -N '$S' -f key" for cipher in CIPHERS[:3]},
}  # fmt: skip
"""How ssh-keygen makes a key with the passphrase $S, by what it is called."""
BY_OPENSSL = {
    "PKCS#1 in AES-192": f"{OPENSSL} && openssl rsa -in plain -traditional -aes192 -passout 'pass:$S' -out key",
    "PKCS#1 in 3DES": f"{OPENSSL} && openssl rsa -in plain -traditional -des3 -passout 'pass:$S' -out key",
    "PKCS#8 by scrypt": f"{OPENSSL} && openssl pkcs8 -topk8 -in plain -scrypt -passout 'pass:$S' -out key",
    "PKCS#8 of version 1": f"{OPENSSL} && openssl pkcs8 -topk8 -in plain -v1 PBE-SHA1-3DES -passout 'pass:$S' -out key",
    "SEC1 in AES": f"{SEC1} && openssl ec -in plain -aes256 -passout 'pass:$S' -out key",
}
PLAIN = {
    "SEC1 with parameters": "openssl ecparam -name secp384r1 -genkey -out key",
    "PKCS#8 RSA": "openssl genpkey -algorithm RSA -out key",
    "PKCS#8 EC": "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out key",
    "PKCS#8 Ed25519": "openssl genpkey -algorithm ed25519 -out key",
    "PKCS#1": "openssl genrsa -traditional -out key 2048",
    "OpenSSH": "ssh-keygen -q -t ecdsa -N '' -f key",
}


def make(folder: Path, command: str) -> Path:
    subprocess.run(command.replace("$S", SECRET), shell=True, cwd=folder, check=True, capture_output=True)
    return folder / "key"


def public_of(path: Path, passphrase: str = SECRET) -> str:
    """What OpenSSH makes of a key."""
    path.chmod(0o600)
    asked = ["ssh-keygen", "-y", "-P", passphrase, "-f", str(path)]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()[1]


@pytest.mark.parametrize("command", {**MADE, **BY_OPENSSL}.values(), ids={**MADE, **BY_OPENSSL})
def test_a_key_with_a_passphrase_is_openssh_s_and_another_passphrase_is_told(tmp_path: Path, command: str) -> None:
    path = make(tmp_path, command)
    assert private_keys.read(path, lambda: SECRET).get_base64() == public_of(path)
    with pytest.raises(NoKey, match=r"wrong passphrase|has another passphrase"):
        private_keys.read(path, lambda: "another")
    with pytest.raises(NoKey, match="has a passphrase and the answers name none"):
        private_keys.read(path, lambda: None)


def never() -> str:
    raise AssertionError("a key without a passphrase asks for none")


@pytest.mark.parametrize("command", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("edited", ["as it is", "CRLF", "BOM", "indented", "no last newline", "text before it"])
def test_a_plain_key_is_read_whatever_an_editor_did_to_it(tmp_path: Path, command: str, edited: str) -> None:
    path = make(tmp_path, command)
    wanted = private_keys.read(path, never).get_base64()
    if "ed25519" not in command:  # ssh-keygen reads such a one since 9.6
        assert wanted == public_of(path)
    text = path.read_bytes()
    path.write_bytes({
        "CRLF": text.replace(b"\n", b"\r\n"), "BOM": b"\xef\xbb\xbf" + text, "no last newline": text.rstrip(),
        "indented": b"".join(b"    " + line for line in text.splitlines(keepends=True)),
        "text before it": b"Bag Attributes\n    friendlyName: \xd6\xd0\n" + text,
    }.get(edited, text))  # fmt: skip
    assert private_keys.read(path, never).get_base64() == wanted


def field(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def in_armour(body: bytes) -> bytes:
    text = base64.encodebytes(body)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + text + b"-----END OPENSSH PRIVATE KEY-----\n"


def locked(rounds: int) -> bytes:
    """The beginning of a private key whose passphrase takes so many rounds."""
    options = field(b"1" * 16) + rounds.to_bytes(4, "big")
    body = b"openssh-key-v1\0" + field(b"aes256-ctr") + field(b"bcrypt") + field(options) + b"\0\0\0\1"
    return in_armour(body + field(b"x") + field(b"y" * 64))


SECURITY_KEY = in_armour(
    b"openssh-key-v1\0" + field(b"none") * 2 + field(b"") + b"\0\0\0\1" + field(field(b"sk-ssh-ed25519@openssh.com"))
)
OTHER = {
    "empty": (b" \n", "it is empty"),
    "PuTTY's": (b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "puttygen"),
    "ssh.com's": (b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", "ssh-keygen -i"),
    "its public half": (b"ssh-ed25519 " + base64.b64encode(field(b"ssh-ed25519") + field(b"x" * 32)), "public half"),
    "a certificate": (b"ssh-ed25519-cert-v01@openssh.com AAAA me", "is a certificate: name its private key"),
    "a public key of OpenSSL": (b"-----BEGIN PUBLIC KEY-----\nAA==\n", "public key"),
    "a certificate of TLS": (b"-----BEGIN CERTIFICATE-----\nAA==\n", "certificate of TLS"),
    "ansible-vault": (b"$ANSIBLE_VAULT;1.1;AES256\n3633\n", "ansible-vault decrypt"),
    "UTF-16": ("-----BEGIN OPENSSH PRIVATE KEY-----\n".encode("utf-16"), "iconv -f UTF-16"),
    "UTF-16 without a mark": ("-----BEGIN OPENSSH PRIVATE KEY-----\n".encode("utf-16-le"), "UTF-16"),
    "DER": (b"\x30\x82\x01\x00\xff\x00\xfe", "openssl pkey -inform DER"),
    "a security key": (SECURITY_KEY, "security key"),
    "cut off": (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza\n", "is cut off"),
    "no base64": (b"-----BEGIN OPENSSH PRIVATE KEY-----\n???\n-----END OPENSSH PRIVATE KEY-----", "is damaged"),
    "no content": (in_armour(b"openssh-key-v1\0" + b"\xff" * 40), "is damaged"),
    "damaged PKCS#1": (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "is damaged"),
    "a password": (b"Passw0rd!\n", "not a private key in a known format"),
    "for ever": (locked(2**31), "takes 2147483648 rounds, more than 2000"),
}


@pytest.mark.parametrize(("content", "told"), OTHER.values(), ids=OTHER)
def test_what_is_no_key_for_ssh_is_told_by_what_it_is(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(NoKey) as caught:
        private_keys.read(tmp_path / "key", lambda: SECRET)
    assert told in f"it {caught.value}"


KINDS = {
    "DSA": ("ssh-keygen -q -t dsa -N '' -f key", "DSA"),
    "a curve that SSH has not": ("openssl ecparam -name secp256k1 -genkey -out key", "secp256k1"),
    "Ed448": ("openssl genpkey -algorithm ed448 -out key", "of a kind that SSH has not"),
}


@pytest.mark.parametrize(("command", "told"), KINDS.values(), ids=KINDS)
def test_a_key_that_servers_do_not_take_is_told(tmp_path: Path, command: str, told: str) -> None:
    with pytest.raises(NoKey, match=told):
        private_keys.read(make(tmp_path, command), never)


def test_a_passphrase_of_pkcs8_that_would_take_for_ever_is_not_tried(tmp_path: Path) -> None:
    path = make(tmp_path, f"{OPENSSL} && openssl pkcs8 -topk8 -in plain -iter 2048 -passout 'pass:$S' -out key")
    lines = path.read_bytes().splitlines()
    der = base64.b64decode(b"".join(lines[1:-1]))
    assert der.count(b"\x02\x02\x08\x00") == 1, "2048 iterations"
    grown = der.replace(b"\x02\x02\x08\x00", b"\x02\x04\x7f\xff\xff\xff")  # lengths around it are no matter here
    path.write_bytes(b"\n".join((lines[0], base64.b64encode(grown), lines[-1])))
    with pytest.raises(NoKey, match="takes 2147483647"):
        private_keys.read(path, lambda: SECRET)


@pytest.mark.parametrize("rounds", [3, 100])
def test_the_rounds_are_those_of_the_file(tmp_path: Path, rounds: int) -> None:
    path = make(tmp_path, f"ssh-keygen -q -t ed25519 -N '$S' -a {rounds} -f key")
    body = b"".join(path.read_bytes().splitlines()[1:-1])
    assert passphrase_rounds(base64.b64decode(body)) == rounds
    assert armoured(path.read_bytes()).kind == "ssh-ed25519"
