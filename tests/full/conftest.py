"""The platform that these tests share: three clusters that work together, installed once for all of them.

With SITEWRIGHT_STANDING=FOLDER they take the platform that this has raised, and leave it standing:

    sitewright rehearse --profile profiles/platform.yaml --bundle FILE --signers FILE --state FOLDER

SITEWRIGHT_STANDING_BUNDLE is its bundle. It is for work on one test; those that take the platform back are left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import Cluster, clusters_of
from practice import Practice, raise_practice
from ship import PROFILES, Ended, Operator, host_names, moved
from sites import SiteUnderTest
from trials import Figures, Stores, Trials

from installer.answers import file as answers_file
from installer.builder import build
from installer.cli.rehearse import practice_key, recipe_for
from installer.rehearsal import hosts
from installer.rehearsal.callers import Heard
from installer.rehearsal.site import site_of

PROFILE = "platform"
STANDING = os.environ.get("SITEWRIGHT_STANDING", "")

figures_found: list[Figures] = []
outages_found: list[tuple[str, list[Heard]]] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was lost in the trials, and for how long what was away, at the end of all that is said."""
    if figures_found:
        terminalreporter.section("lines lost, in the log store and in the log view")
        for line in (Figures.HEAD, *map(str, figures_found)):
            terminalreporter.write_line(line)
    if outages_found:
        terminalreporter.section("away, as called from outside: longest, in all, times; slowest answer")
        for during, heard in outages_found:
            for each in heard:
                away = f"{each.longest:5.1f} s  {each.altogether:5.1f} s  {len(each.away):3}  {each.slowest:5.1f} s"
                terminalreporter.write_line(f"{during:24} {each.name:50} {away}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteUnderTest]:
    """Hosts for the platform, and its bundle."""
    answers = answers_file.load(PROFILES / f"{PROFILE}.yaml")
    if STANDING:
        practice, bundle = Practice(site_of(answers)), Path(os.environ["SITEWRIGHT_STANDING_BUNDLE"])
        yield SiteUnderTest(practice, Operator(Path(STANDING)), practice.folder / "answers.yaml", bundle)
        return
    bundle = build.build(recipe_for(answers), practice_key()[0], lambda _: None)
    folder = tmp_path_factory.mktemp(PROFILE)
    practice = raise_practice(0, host_names(PROFILE))
    try:
        yield SiteUnderTest(practice, Operator(folder / "state"), moved(PROFILE, practice, folder), bundle)
    finally:
        hosts.down(practice.site)


@pytest.fixture(scope="session")
def installed(site: SiteUnderTest) -> tuple[SiteUnderTest, Ended | None]:
    """The platform installed; and what was said on the way, if it was installed for these tests."""
    rehearsal = SiteUnderTest(site.practice, Operator(site.operator.state / "rehearsal"), site.profile, site.bundle)
    if STANDING:
        return rehearsal, None
    trust = ("--bundle", site.bundle, "--signers", site.signers)
    said = site.operator.run("rehearse", "--profile", site.profile, *trust, "--json").expect()
    return rehearsal, said


@pytest.fixture(scope="session")
def platform(installed: tuple[SiteUnderTest, Ended | None]) -> SiteUnderTest:
    return installed[0]


@pytest.fixture(scope="session")
def clusters(platform: SiteUnderTest) -> dict[str, Cluster]:
    return clusters_of(platform)


@pytest.fixture(scope="session")
def logs(clusters: dict[str, Cluster]) -> Cluster:
    """The cluster in which lines are kept."""
    return clusters["pre-release"]


@pytest.fixture(scope="session")
def stores(logs: Cluster) -> Stores:
    return Stores(logs)


@pytest.fixture(scope="session")
def figures() -> list[Figures]:
    """Where trials put down what was lost."""
    return figures_found


@pytest.fixture(scope="session")
def outages() -> list[tuple[str, list[Heard]]]:
    """Where upgrades put down what callers from outside heard."""
    return outages_found


@pytest.fixture
def trials(stores: Stores, figures: list[Figures]) -> Iterator[Trials]:
    made = Trials(stores, figures)
    yield made
    for load in made.loads:
        load.stop()
