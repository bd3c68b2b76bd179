"""`batchtui demo`: batchtui at work on a simulator, with no key and nothing kept."""

from __future__ import annotations

import asyncio
from contextlib import chdir
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.commands.program.dashboard import has_screen
from batchtui.cli.commands.program.simulate import chosen_scenario
from batchtui.cli.demo import sandbox
from batchtui.cli.flows import save_results
from batchtui.cli.options import Factor
from batchtui.cli.views import batches as batch_views
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from batchtui.cli.session import Session

ANSWERS = "answers.jsonl"
TOUR = "demo"
"""The scenario that the tour goes with."""
STORY_SPEED = 12.0
"""How fast the simulator goes without a screen: the story takes a few seconds."""


@define_command(
    "demo", examples=["batchtui demo", "batchtui demo --scenario half-fail --speed 60", "batchtui demo | cat"]
)
@click.option("--scenario", default="demo", show_default=True, metavar="NAME", help="A name, or a TOML file.")
@click.option("--speed", type=Factor(), metavar="X", help="How many times faster than real time.")
def command(session: Session, scenario: str, speed: float | None) -> int | None:
    """Show the dashboard on a simulator and a registry of its own: no key is needed, and nothing is kept.

    A tour of ten minutes shows every feature once, with the keys to try. Another scenario has no tour. Without a
    terminal a short story is printed as plain text.
    """
    chosen = chosen_scenario(scenario)
    if session.json or not has_screen():
        with sandbox.simulated_session(session, chosen, speed or STORY_SPEED) as simulator:
            return session.run(_story(session, simulator.url))
    if scenario == TOUR:
        return _tour(session, speed or 1.0)
    from batchtui.tui.app.run import run_dashboard

    with sandbox.simulated_session(session, chosen, speed or 1.0) as simulator:
        return run_dashboard(lambda: sandbox.busy_workspace(session, simulator.url), demo=True)


def _tour(session: Session, speed: float) -> int:
    from batchtui.cli.demo.director import EVEN, Director, PastClock, lived_workspace
    from batchtui.cli.demo.story import PAST, PAST_TEMPER, STEPS
    from batchtui.cli.demo.tour import Tour
    from batchtui.tui.app.run import run_dashboard

    clock = PastClock(max(ago for ago, _ in PAST))
    with sandbox.simulated_session(session, EVEN, speed, clock) as simulator, chdir(sandbox.own_files(session.paths)):
        # It takes a second or two, in which an empty terminal would look like a hang.
        session.notes.say("Starting a simulator with a week of work…")
        return run_dashboard(
            lambda: lived_workspace(session, simulator, clock, PAST, **PAST_TEMPER),
            demo=True,
            guide=lambda workspace: Tour(Director(workspace, simulator.world), STEPS, speed=speed),
        )


async def _story(session: Session, url: str) -> int:
    from batchtui.services.batches.targets import find_target

    piece = sandbox.PIECES[0]
    async with session.workspace(base_url=url) as workspace:
        _tell(session, f"$ batchtui submit {piece.name}.jsonl")
        submitted = await sandbox.submit(workspace, piece)
        if not session.json:
            batch_views.show_batches(session.out, submitted.batches, workspace.clock.now())
        _tell(session, f"\n$ batchtui wait {piece.name} {ANSWERS}")
        patience = save_results.WaitOptions(poll_interval=0.3, allow_failures=True)
        # The story shows a plain file name, as a person would type it; the folder goes with the demo.
        with chdir(workspace.paths.cache):
            await save_results.wait_and_save(
                session, workspace, submitted.job.id, save_results.to_file(ANSWERS), patience
            )
            answers = [] if session.json else await asyncio.to_thread(_first_lines, ANSWERS, 3)
        if not session.json:
            _show_answers(session, answers)
            target = await find_target(workspace, submitted.job.id)
            _tell(
                session, f"\nThat was a simulator; {amount(target.counts.total, 'request')} were sent to no real API."
            )
            _tell(session, "In a terminal `batchtui demo` shows the dashboard.")
    return 0


def _tell(session: Session, text: str) -> None:
    if not session.json:
        session.out.line(text)
        session.out.flush()


def _show_answers(session: Session, lines: list[bytes]) -> None:
    from batchtui.results.line_parser import parse_line
    from batchtui.text.layout.widths import fit
    from batchtui.text.safe import one_line

    session.out.line(f"\n$ head -3 {ANSWERS}   (in short)")
    for line in lines:
        facts = parse_line(line)
        session.out.line(f"{one_line(facts.custom_id)}  {facts.outcome}  {fit(one_line(facts.message), 70)}")


def _first_lines(file: str, count: int) -> list[bytes]:
    with open(file, "rb") as source:  # noqa: PTH123 (only read)
        return [line for line, _ in zip(source, range(count), strict=False)]
