"""A home on the disk in which every screen has something to show, in plain words or in hostile ones."""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batchtui.domain.api_call import ApiCall
from batchtui.domain.batches.states import ResultsState
from tests.support.builders import jsonl, requests
from tests.support.lines import bare, errored, succeeded, tool_use
from tests.support.results import keep, keep_requests
from tests.tui.sample_batches import HOSTILE
from tests.tui.story import ANSWER, SPENT, Teller, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.registry import Registry
    from batchtui.services.workspace import Workspace
    from tests.support.clock import StandingClock

    Voice = Callable[[str], str]
    """How names, ids and answers are spoken: as they stand, or with something behind them."""

DRIVING = "\x1b[6m\x1b[77;77H\x1b[?1047l\x1b]0;taken\x07\x9b31m\x9d52;c;eA==\x9c"
"""What would drive a terminal, in sequences that nothing of ours ever sends."""


def hostile() -> Voice:
    """A voice that puts every hostile text behind every word, each time another one first."""
    texts = [DRIVING, *(text for text in HOSTILE if "\ud800" not in text)]  # half a pair cannot be stored
    turn = itertools.count()

    def voice(word: str) -> str:
        at = next(turn) % len(texts)
        return word + "".join((*texts[at:], *texts[:at]))

    return voice


class _Furnisher(Teller):
    """Tells a story in a voice: also the API's ids are in it."""

    def __init__(self, workspace: Workspace, clock: StandingClock, voice: Voice) -> None:
        super().__init__(workspace, clock)
        self._voice = voice

    def _remote(self, batch: Batch, **fields: Any) -> Any:
        told = super()._remote(batch, **fields)
        return replace(told, id=batch.id or self._voice(told.id))


async def furnish(workspace: Workspace, clock: StandingClock, voice: Voice = str, *, answer: str = ANSWER) -> None:
    """Two evaluations with answers to the same requests, a nightly job under way, and one whose answer was lost."""
    teller, registry = _Furnisher(workspace, clock, voice), workspace.registry
    ids = [voice(f"doc-{number}") for number in range(1, 9)]
    for name, ago in (("evals", 170), ("evals-v2", 100)):
        [batch] = await teller.submitted(voice(name), timedelta(minutes=ago), (8,), tags=(voice("eval"),))
        keep_requests(registry.requests, ids, job=batch.job)
        batch = await teller.sent(batch)
        teller.until(timedelta(minutes=ago - 20))
        batch = await teller.heard(batch, "ended", succeeded=4, errored=2, canceled=1, expired=1)
        await _save(registry, batch, ids, voice, answer)
    parts = await teller.submitted(voice("nightly"), timedelta(minutes=31), (40_000, 40_000), tags=(voice("shop"),))
    running = await teller.sent(parts[0])
    [lost] = await teller.submitted(voice("lost"), timedelta(seconds=41), (800,), models=(voice("claude-x"),))
    await registry.sends.claim(lost.key, "me", clock.now() + timedelta(days=1))
    await registry.sends.answer_lost(lost.key, voice("no response to the create request"), "me")
    await registry.sends.explain(parts[1].key, voice("waits"), not_before=clock.now())
    await teller.heard(running, "in_progress", processing=30_000, succeeded=10_000)
    await registry.journal.record_call(
        ApiCall("list", "GET", "/v1/messages/batches", clock.now(), 312, 500, "req_1", running.id, voice("api_error"))
    )
    teller.until(timedelta())


async def _save(registry: Registry, batch: Batch, ids: list[str], voice: Voice, answer: str) -> None:
    lines = (
        succeeded(
            ids[0], voice(ANSWER) + f"\n\n{batch.name}\n\n| a | {voice('b')} |\n|---|---|\n| {voice('c')} | d |\n"
        ),
        succeeded(ids[1], {"type": "thinking", "thinking": voice("Let me see.")}, "Cut", stop_reason="max_tokens"),
        succeeded(ids[2], tool_use(voice("file"), {voice("to"): voice("archive")}), stop_reason="tool_use"),
        succeeded(ids[3], '{"verdict": "right"}', model=voice("claude-haiku-5-5"), stop_reason=voice("end_turn")),
        errored(ids[4], "invalid_request_error", voice("max_tokens: 300000 > 64000")),
        errored(ids[5], voice("overloaded_error"), voice("Overloaded")),
        bare(ids[6], "canceled"),
        bare(ids[7], "expired"),
    )
    raw = b"".join(line + b"\n" for line in lines)
    keep(registry.results, batch, raw)
    await registry.batches.set_results(batch, ResultsState.SAVED, size=len(raw))
    await registry.spending.note(batch.key, SPENT)


async def furnished(folder: Path, voice: Voice = str, *, settings: str = "", answer: str = ANSWER) -> Path:
    """Furnish a home in this folder, and a desk beside it to work at. Returns the home."""
    home, desk = folder / "home", folder / "desk"
    desk.mkdir(parents=True)
    jsonl(desk / "requests.jsonl", requests(3))
    with (desk / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("question", "kind"), *((voice(f"q{n}"), "a") for n in range(3))])
    async with told(home, settings=settings, empty=True) as (workspace, clock):
        await furnish(workspace, clock, voice, answer=answer)
    return home
