"""Arguments of what the vendor types: bundles, rehearsals and the check of a product."""

from __future__ import annotations

import argparse
from pathlib import Path

from installer.cli import commands
from installer.cli.parser import Subparsers, folder


def rehearse(verbs: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """What `rehearse` takes."""
    rehearse = verbs.add_parser(
        "rehearse", parents=[common], help="the same on practice hosts of this machine, for real"
    )
    rehearse.set_defaults(command=commands.RehearseCommand)
    rehearse.add_argument("--profile", type=Path, required=True, metavar="FILE")
    rehearse.add_argument(
        "--bundle", type=Path, metavar="FILE", help="default: core or platform, built where it must be"
    )
    rehearse.add_argument("--signers", type=Path, metavar="FILE")
    rehearse.add_argument(
        "--upgrade", action="store_true", help="then upgrade them, write to them, take the upgrade back, and measure"
    )
    rehearse.add_argument(
        "--to", type=Path, metavar="FILE", help="the bundle to upgrade to; default: core-next, built where it must be"
    )
    rehearse.add_argument("--hosts-only", action="store_true", help="raise the hosts and stop")
    rehearse.add_argument("--down", action="store_true", help="take the practice hosts away")


def product(verbs: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """What `product` takes."""
    product = verbs.add_parser("product", help="hold a product against its manifests and the answers")
    sub = product.add_subparsers(dest="verb", metavar="COMMAND", title="commands", required=True)
    check = sub.add_parser("check", parents=[common], help="tell every contradiction, before anything is deployed")
    check.set_defaults(command=commands.ProductCommand)
    check.add_argument("folder", type=folder, metavar="DIR", help="the folder that holds product.yaml")
    check.add_argument("--profile", type=Path, metavar="FILE", help="the answers")
    check.add_argument("--bundle", type=Path, metavar="FILE", help="the bundle: which roles its parts fill")
    check.add_argument("--signers", type=Path, metavar="FILE", help="allowed signers; overrides trust.signers")
    check.add_argument("--manifests", action="append", default=[], metavar="[ENVIRONMENT=]PATH",
                       help="plain objects, instead of those that product.yaml names: the output of `kustomize build` "
                       "or `helm template`; may be given several times")  # fmt: skip
    check.add_argument("--out", type=Path, metavar="FILE", help="a report for the developers, as one HTML file")
    check.add_argument("--language", choices=("en", "zh"), default="en", help="of the report")


def bundle(verbs: Subparsers[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """What `bundle` and its verbs take."""
    bundle = verbs.add_parser("bundle", help="make, sign, verify and look at bundles")
    sub = bundle.add_subparsers(dest="verb", metavar="COMMAND", title="commands", required=True)
    lock = sub.add_parser("lock", parents=[common], help="resolve a recipe's sources into its lock")
    lock.set_defaults(command=commands.LockCommand)
    lock.add_argument("recipe", type=folder)
    lock.add_argument("--update", metavar="NAME", help="move just this source")
    build = sub.add_parser("build", parents=[common], help="make exactly what the lock names")
    build.set_defaults(command=commands.BuildCommand)
    build.add_argument("recipe", type=folder)
    build.add_argument("--out", type=folder, default=Path("dist"), metavar="DIR")
    build.add_argument("--key", type=Path, metavar="FILE", help="sign with this key; without it: sign later, elsewhere")
    _passphrase(build)
    build.add_argument("--split", metavar="SIZE", help="parts of at most SIZE, e.g. 4GB")
    sign = sub.add_parser("sign", parents=[common], help="sign a bundle")
    sign.set_defaults(command=commands.SignCommand)
    sign.add_argument("bundle", type=Path)
    sign.add_argument("--key", type=Path, required=True, metavar="FILE")
    _passphrase(sign)
    verify = sub.add_parser("verify", parents=[common], help="check signature, and every byte")
    verify.set_defaults(command=commands.VerifyCommand)
    verify.add_argument("bundle", type=Path)
    verify.add_argument("--signers", type=Path, required=True, metavar="FILE")
    verify.add_argument("--revoked", type=Path, metavar="FILE", help="public keys that may sign nothing, one a line")
    show = sub.add_parser("show", parents=[common], help="what is inside")
    show.set_defaults(command=commands.ShowCommand)
    show.add_argument("bundle", type=Path)
    diff = sub.add_parser("diff", parents=[common], help="what changed between two bundles")
    diff.set_defaults(command=commands.DiffCommand)
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    keygen = sub.add_parser("keygen", parents=[common], help="make a signing key")
    keygen.set_defaults(command=commands.KeygenCommand)
    keygen.add_argument("key", type=Path)
    _passphrase(keygen)


def _passphrase(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--passphrase", metavar="SOURCE", help="of the key: env:NAME, file:PATH, or prompt")
