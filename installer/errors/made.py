"""What cannot be made on this machine: bundles, reports, practice hosts."""

from __future__ import annotations

from installer.errors.base import SitewrightError


class BuildFailed(SitewrightError):
    """{what}: {reason}"""

    exit_code = 1


class RecipeInvalid(BuildFailed):
    """{place}: {reason}"""

    exit_code = 2


class ProgramUnbounded(BuildFailed):
    """{what}: `{command}` was stopped: {reason}"""


class ReportImpossible(SitewrightError):
    """the {what} of the report cannot be made: {reason}"""

    exit_code = 2


class PracticeToolMissing(SitewrightError):
    """practice hosts cannot be made here: {tools} not installed"""

    exit_code = 2
    hint = "install what is missing with: build/bootstrap"


class PracticeImpossible(SitewrightError):
    """practice site {site}: {reason}"""

    exit_code = 2
    hint = "a site of that name or on that network is taken down with: sitewright rehearse --down --profile FILE"


class RehearsalLost(SitewrightError):
    """practice site {site} lost {count} things on the way back that were written since the upgrade: {names}"""

    exit_code = 6
    hint = "the hosts are left as they are: look at them with sitewright status, and at what the runs' folders say"


class PracticeFailed(SitewrightError):
    """practice hosts: `{command}` failed: {reason}"""

    exit_code = 1
    hint = "a half-made site is removed with: sitewright rehearse --down --profile FILE"
