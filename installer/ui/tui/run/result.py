"""What stands: probes, addresses, dates, commands for later; what each host says of itself, and the runs there were."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from rich.table import Table
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from installer.errors import SitewrightError
from installer.messages import Message
from installer.runs.store import Run
from installer.runs.stream import Failure, failure
from installer.ui import words
from installer.ui.text import Text
from installer.ui.tui.content import Content
from installer.ui.tui.run import report as run_report
from installer.ui.tui.run.page import COLOURS, Keys, RunPage, told
from installer.ui.tui.state.result import Result, later_command, read, report_command

TITLE, WIDE, PROBE = 18, 34, 30


class ResultPage(RunPage):
    """Lines that can be copied one by one."""

    KEY = "result"
    CONCERN = "standing"
    KEYS_TOLD = (
        ("y", Message("copies the line under the cursor; so does Enter")),
        ("m", Message("makes the report on what was built and lists its files")),
        ("u", Message("asks each host what stands on it")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [("y", "copy", ""), ("u", "ask", ""), ("m", "report", "")]

    def __init__(self) -> None:
        super().__init__()
        self.result = Result()
        self._trouble: Failure | None = None
        self._copies: list[str] = []
        self._reporting = False
        self._read_of: object = None
        self._drawn: object = None

    def body(self) -> ComposeResult:
        """How it ended, the lines, the keys."""
        yield Static(id="counts", markup=False)
        yield OptionList(id="facts", compact=True, markup=False)
        yield Keys(classes="keys")

    @on(events.Show)
    def _opened(self) -> None:
        """What the runs have kept may be another thing than before."""
        self._read_of = None

    def _read(self) -> None:
        """Read what the runs have kept, when a process has ended since."""
        of = (self.watching.site, self.session.ends)
        if of != self._read_of:
            self._read_of = of
            try:
                self.result = read(self.wizard.runs, self.watching.site) if self.watching.site else Result()
                self._trouble = None
            except SitewrightError as error:
                self._trouble = failure(error)

    def draw(self) -> None:
        """Draw what differs."""
        if not self.is_mounted or not self.query("#facts"):
            return
        self._read()
        self.query_one("#counts", Static).update(self._head())
        drawn = (
            self.result,
            run_report.files(self.result.run),
            self.session.hosts,
            self.wizard.bundle,
            self.wizard.editor.file,
            self.size.width,
        )
        if drawn != self._drawn:
            self._drawn = drawn
            self._fill()
        ask = [] if self.busy or not self.result.run else [("u", Message("ask the hosts what stands"))]
        report = [("m", Message("make the report"))] if self.result.run and not self._reporting else []
        self.show_keys([*([("y", Message("copy this line"))] if self._copies else []), *report, *ask])

    def _head(self) -> Content:
        say, result = self.wizard.say, self.result
        if self.at_work:
            return Content.styled(say("asking the hosts what stands …"), "$accent")
        if self._reporting:
            return Content.styled(say("making the report …"), "$accent")
        if trouble := self._trouble or self.failure:
            return told(self.wizard.say, trouble)
        if result.run is None:
            return Content(say("Nothing of this site stands, as far as this machine knows."))
        passed = sum(1 for probe in result.probes if probe.passed)
        failed = len(result.probes) - passed
        if result.outcome != "done":
            text = say("the last run ended: {outcome}. Page Install goes on with it.", outcome=say(result.outcome))
            return Content.assemble(("! ", "$text-warning"), text)
        if failed:
            text = say("{failed} of {count} probes failed", failed=failed, count=len(result.probes))
            return Content.assemble(("✖ ", "$text-error"), (text, "bold"))
        if not passed:
            return Content.assemble(("! ", "$text-warning"), say("installed, and not proved yet"))
        text = say("Ready. {count} probes passed.", count=passed)
        return Content.assemble(("✔ ", "$text-success"), (text, "bold"))

    def _fill(self) -> None:
        lines = self.query_one("#facts", OptionList)
        here = lines.highlighted
        lines.clear_options()
        self._copies = []
        for section in (self._probes, self._addresses, self._dates, self._commands, self._standing, self._runs):
            section(lines)
        if self._copies:
            lines.highlighted = min(here or 1, lines.option_count - 1)

    def _section(self, lines: OptionList, title: str) -> None:
        if lines.option_count:
            lines.add_option(Option("", disabled=True))
            self._copies.append("")
        lines.add_option(Option(Text(self.wizard.say(title), style="bold"), disabled=True))
        self._copies.append("")

    def _line(self, lines: OptionList, left: Text | str, right: Text | str, copied: str, least: int = TITLE) -> None:
        room = max(self.size.width - 6, 30)
        left = Text(left, style="dim") if isinstance(left, str) else left.copy()
        wide = min(max(least if room < 70 else WIDE, 8), room * 3 // 5)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=2)
        table.add_column(width=wide, overflow="fold")
        table.add_column(overflow="fold")
        table.add_row("", left, Text(right) if isinstance(right, str) else right)
        lines.add_option(Option(table))
        self._copies.append(copied)

    def _probes(self, lines: OptionList) -> None:
        if not self.result.probes:
            return
        self._section(lines, Message("Proved"))
        several = len({probe.environment for probe in self.result.probes}) > 1
        for probe in self.result.probes:
            state = "ok" if probe.passed else "failed"
            where = f"{probe.environment}: " if several else ""
            title = Text.assemble((f"{words.SIGNS[state]} ", COLOURS[state]), where, self.wizard.say(probe.title))
            evidence = Text(self.wizard.say(probe.evidence), style="dim" if probe.passed else COLOURS["failed"])
            self._line(lines, title, evidence, f"{probe.title}: {probe.evidence}", PROBE)

    def _addresses(self, lines: OptionList) -> None:
        result = self.result
        if not (result.kubeconfigs or result.urls):
            return
        self._section(lines, Message("Look around"))
        for url in result.urls:
            self._line(lines, self.wizard.say("product"), url, url)
        for name, path in result.kubeconfigs.items():
            command = f"kubectl --kubeconfig {path} get pods -A"
            self._line(lines, name, command, command)
        if result.authority:
            self._line(lines, self.wizard.say("clients trust"), str(result.authority), str(result.authority))

    def _dates(self, lines: OptionList) -> None:
        if not self.result.dates or self.result.outcome != "done":
            return
        self._section(lines, Message("Certificates end, unless renewed before"))
        for name, date in self.result.dates:
            self._line(lines, self.wizard.say(name), f"{date:%Y-%m-%d}", f"{date:%Y-%m-%d}")

    def _commands(self, lines: OptionList) -> None:
        run, wizard = self.result.run, self.wizard
        if run is None:
            return
        self._section(lines, Message("What happened, and what comes next"))
        profile = wizard.editor.file
        flags = {"--bundle": wizard.bundle, "--signers": wizard.signers, "--simulate": wizard.simulate}
        self._line(lines, wizard.say("what happened"), str(run.folder), str(run.folder))
        made = [str(path) for path in run_report.files(run)]
        for text in made or [report_command(profile, run, wizard.bundle, wizard.signers)]:
            self._line(lines, wizard.say("the report"), text, text)
        for title, verb in ((Message("what stands"), "status"), (Message("take it away"), "uninstall")):
            text = later_command(verb, profile, flags)
            self._line(lines, wizard.say(title), text, text)

    def _standing(self, lines: OptionList) -> None:
        if not self.session.hosts:
            return
        self._section(lines, Message("What the hosts say"))
        for host, record in self.session.hosts.items():
            if isinstance(record, Mapping):
                bundle = record.get("bundle") or {}
                told_ = [record.get("environment", ""), record.get("kubernetes", ""),
                         f"{bundle.get('name', '')} {bundle.get('version', '')}"]  # fmt: skip
                text = " · ".join(str(each) for each in told_ if each)
                sign = Text.assemble(("✔ ", COLOURS["ok"]), host)
            else:
                text, sign = self.wizard.say("nothing of ours"), Text.assemble(("─ ", "dim"), host)
            self._line(lines, sign, text, f"{host} {text}")

    def _runs(self, lines: OptionList) -> None:
        if not self.result.history:
            return
        self._section(lines, Message("Runs"))
        for at, operation, outcome in self.result.history[:20]:
            text = f"{self.wizard.say(operation)} · {self.wizard.say(outcome)}"
            self._line(lines, at, text, f"{at} {operation} {outcome}")

    @on(OptionList.OptionSelected, "#facts")
    def action_copy(self) -> None:
        """Copy the line under the cursor."""
        here = self.query_one("#facts", OptionList).highlighted
        if here is not None and here < len(self._copies) and self._copies[here]:
            self.app.copy_to_clipboard(self._copies[here])
            self.notify(self.wizard.say("copied: {text}", text=self._copies[here][:60]), timeout=2)

    def action_report(self) -> None:
        """Make the report on what was built."""
        if self.result.run is not None and not self._reporting:
            self._reporting = True
            self.draw()
            self.run_worker(self._report(self.result.run), group="report")

    async def _report(self, run: Run) -> None:
        flags = {"--profile": self.wizard.editor.file, "--bundle": self.wizard.bundle, "--signers": self.wizard.signers}
        self._trouble = await asyncio.to_thread(run_report.make, run, self.wizard.runs.state, flags)
        self._reporting = False
        self.draw()

    def action_ask(self) -> None:
        """Ask each host what stands on it."""
        self.begin("status")
