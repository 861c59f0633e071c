"""Who signs what: the bundle, the clusters' own certificates, and those of the services."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from installer.answers.paths import located
from installer.messages import Message
from installer.ui.tui.state.review import Change, Review
from installer.ui.tui.widgets.field import Field
from installer.ui.tui.widgets.page import Page

LIVES = (
    (Message("Clusters"), Message("own authority (kubeadm)"), Message("1 year"), Message("at every upgrade")),
    (Message("Registry"), Message("an authority made for it"), Message("825 days"), Message("90 days before")),
    (Message("Services"), Message("the site's authority"), Message("90 days"), Message("30 days before")),
)
"""Whose certificates, signed by whom, for how long, and how they are renewed. Sources: the defaults of kubeadm and of
cert-manager, and installer/certificates.py."""


class CertificatesPage(Page):
    """The vendor's signature on the bundle, and an overview of the certificates an installation makes."""

    KEY = "certificates"
    INTRO: ClassVar[str] = Message("A bundle is installed only if one of these signers has signed it.")

    def body(self) -> ComposeResult:
        """The signers, the bundle, and the table."""
        say = self.wizard.say
        yield Field(("trust", "signers"))
        yield Field(("trust", "revoked"))
        yield Label(say("Bundle"), classes="group", markup=False)
        with Horizontal(classes="row"):
            yield Label(say("Bundle file"), classes="label", markup=False)
            example = say("e.g. {example}", example="core-1.0.0-amd64.sitewright")
            yield Input(str(self.wizard.bundle or ""), placeholder=example,
                        id="bundle", compact=True, select_on_focus=False)  # fmt: skip
        yield Label("", id="trusted", markup=False)
        yield Label(say("Certificates that an installation makes"), classes="group", markup=False)
        yield Static(id="lives", markup=False)
        told = say("Those of the registry are renewed by sitewright, those of services by cert-manager.")
        yield Label(told, classes="muted", id="renewed", markup=False)

    def on_mount(self) -> None:
        """Fill the table."""
        say = self.wizard.say
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for heading in (Message("of"), Message("signed by"), Message("good for"), Message("renewed")):
            table.add_column(say(heading))
        for row in LIVES:
            table.add_row(*map(say, row))
        self.query_one("#lives", Static).update(table)

    @on(Input.Submitted, "#bundle")
    @on(Input.Blurred, "#bundle")
    def _named(self, event: Input.Submitted | Input.Blurred) -> None:
        """Open it: at every Enter, for the file may be another one by now, and on leaving where it is another name."""
        event.stop()
        bundle = located(event.value.strip())
        if event.value.strip() and (isinstance(event, Input.Submitted) or bundle != self.wizard.bundle):
            label = self.query_one("#trusted", Label)
            label.update(self.wizard.say("checking the signature …"))
            label.display = True
            self.wizard.open_bundle(bundle)

    def reviewed(self, review: Review, changes: tuple[Change, ...]) -> None:
        """Say whether the bundle is trusted."""
        super().reviewed(review, changes)
        wizard, say = self.wizard, self.wizard.say
        label = self.query_one("#trusted", Label)
        label.set_classes("fine" if wizard.manifest else "wrong")
        if wizard.manifest:
            names = {"name": wizard.manifest.name, "version": wizard.manifest.version}
            told = say("✔ {name} {version}, signed by one of the signers", **names)
        else:
            told = f"✖ {wizard.manifest_trouble}" if wizard.manifest_trouble else ""
        label.update(told)
        label.display = bool(told)
