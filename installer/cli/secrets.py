"""secrets list, show and rotate: the passwords that a site has made, for who may reach its hosts."""

from __future__ import annotations

from installer.cli import site
from installer.cli.commands import SecretsCommand
from installer.cli.opening import opened
from installer.errors import UsageError
from installer.messages import Message
from installer.operations import secrets
from installer.plan.card import SecretCard
from installer.ui.presenter import Presenter


def run(command: SecretsCommand, presenter: Presenter) -> int:
    """Do what was typed."""
    return VERBS[command.verb](command, presenter)


def listed(command: SecretsCommand, presenter: Presenter) -> int:
    """Names and keys, never a value; no host is asked."""
    with opened(command, presenter, connecting=False) as there:
        presenter.secrets(SecretCard.of(there.inputs))
    return 0


def shown(command: SecretsCommand, presenter: Presenter) -> int:
    """The values of one: the result goes to standard output and nowhere else."""
    with opened(command, presenter) as there:
        wanted = secrets.named(there.inputs, command.secret)
        presenter.secret(wanted, secrets.values(there.inputs, there.world, wanted))
    return 0


def rotated(command: SecretsCommand, presenter: Presenter) -> int:
    """New values in place of those of one."""
    with opened(command, presenter) as there:
        wanted = secrets.named(there.inputs, command.secret)
        if not command.yes:
            if not presenter.asks:
                raise UsageError(
                    reason=Message("programs are started anew, and there is nobody to ask"), hint=Message("give --yes")
                )
            parts = ", ".join((f"{wanted.environment}/{wanted.component}", *wanted.copies))
            site.ask(f"Make new values for {wanted.name}, and start anew what uses them in {parts}?")
        with presenter.bar("starting anew") as report:
            presenter.rotated(wanted, secrets.rotate(there, wanted, report))
    return 0


VERBS = {"list": listed, "show": shown, "rotate": rotated}
