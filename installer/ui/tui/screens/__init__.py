"""One module for each page and dialog of the wizard."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from installer.ui.tui.page import Page

_CLASSES = {
    "site": "site.SitePage", "environments": "environments.EnvironmentsPage", "hosts": "hosts.HostsPage",
    "needs": "needs.NeedsPage", "components": "components.ComponentsPage", "network": "network.NetworkPage",
    "certificates": "certificates.CertificatesPage", "secrets": "secrets.SecretsPage", "sizing": "sizing.SizingPage",
    "preflight": "preflight.PreflightPage", "plan": "plan.PlanPage", "install": "install.InstallPage",
    "result": "result.ResultPage",
}  # fmt: skip


def page_of(step: str) -> type[Page]:
    """The page of a step; its module is imported when it is first opened, so that the wizard starts at once."""
    module, _, name = _CLASSES[step].partition(".")
    return cast(type[Page], getattr(import_module(f"installer.ui.tui.screens.{module}"), name))
