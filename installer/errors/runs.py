"""What ends or stops a run: steps, hosts that answer oddly, probes, the way back, the site's lock."""

from __future__ import annotations

from installer.errors.base import SitewrightError


class StepFailed(SitewrightError):
    """{step} failed after {elapsed}: {reason}"""

    exit_code = 6
    hint = "when mended: sitewright resume; to go back: sitewright rollback"


class RunStopped(SitewrightError):
    """the run was stopped, for it could not be recorded any more: {reason}; {done} of {total} steps are done"""

    exit_code = 6
    hint = "make room, or mend it, and then: sitewright resume; to go back: sitewright rollback"


class PlanChanged(SitewrightError):
    """the plan is not the one this run began with; changed: {changed}"""

    exit_code = 6
    hint = "restore the former answers or bundle and resume, or: sitewright rollback"


class ProofInterrupted(SitewrightError):
    """interrupted before every probe was tried; the installation itself is done"""

    exit_code = 130
    hint = "try the probes again with: sitewright resume"


class CommandFailed(SitewrightError):
    """{host}: `{command}` ended with {code}: {reason}"""

    exit_code = 6


class EffectMissing(SitewrightError):
    """applied, but it still differs: {reason}"""

    exit_code = 6


class HostTaken(SitewrightError):
    """{host} belongs to {owner}; nothing was done there"""

    exit_code = 6
    hint = "uninstall that site first; if nobody can any more, clear the host and remove /var/lib/sitewright/owner.json"


class HostRecordRefused(SitewrightError):
    """{host}: what it keeps in {path} is not believed: {reason}"""

    exit_code = 6
    hint = "find out who has changed it there"


class ConnectionLost(SitewrightError):
    """{host}: the connection was lost: {reason}"""

    exit_code = 6


class HostAnswersOddly(SitewrightError):
    """{host} answered something else than what it was asked for: {reason}"""

    exit_code = 6
    hint = "log in there and look at what this host is and what its programs print; trust it only when that is clear"


class ProbeFailed(SitewrightError):
    """{reason}"""

    exit_code = 6
    hint = "look at the cluster with: sitewright status; try the probes again with: sitewright resume"


class RollbackIncomplete(SitewrightError):
    """rollback stopped at {step}: {reason}"""

    exit_code = 7
    hint = "mend it and run sitewright rollback again; it goes on where it stopped"


class SiteLocked(SitewrightError):
    """another run holds this site's lock: {owner} since {since} (expires {expires})"""

    exit_code = 8
    hint = "wait for it to end, or look at it with: sitewright status"


class Interrupted(SitewrightError):
    """interrupted; {done} steps are done and stay done"""

    exit_code = 130
    hint = "go on with: sitewright resume; go back with: sitewright rollback"


class NothingInterrupted(SitewrightError):
    """interrupted; nothing was running that has to be resumed"""

    exit_code = 130
