"""Which page shows each step of the wizard."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from installer.ui.tui.widgets.page import Page

_CLASSES = {
    "site": "pages.site.SitePage", "environments": "pages.environments.EnvironmentsPage",
    "hosts": "hosts.page.HostsPage", "needs": "pages.needs.NeedsPage",
    "components": "pages.components.ComponentsPage", "network": "pages.network.NetworkPage",
    "certificates": "pages.certificates.CertificatesPage", "secrets": "pages.secrets.SecretsPage",
    "sizing": "pages.sizing.SizingPage", "preflight": "run.preflight.PreflightPage", "plan": "run.plan.PlanPage",
    "install": "run.install.InstallPage", "result": "run.result.ResultPage",
}  # fmt: skip


def page_of(step: str) -> type[Page]:
    """The page of a step; its module is imported when it is first opened, so that the wizard starts at once."""
    module, _, name = _CLASSES[step].rpartition(".")
    return cast(type[Page], getattr(import_module(f"installer.ui.tui.{module}"), name))
