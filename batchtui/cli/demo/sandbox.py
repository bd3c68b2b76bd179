"""Set the demo up: a simulator, a registry in a temporary folder, and jobs to submit: `simulated_session`."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import tempfile
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.cli.exit_codes import ExitCode, Stopped
from batchtui.settings.paths import Paths

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from batchtui.cli.session import Session
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Clock, Scenario, Simulator

_ENDING = (signal.SIGTERM, signal.SIGHUP)
# NO_PROXY, as a proxy of the environment would be asked to connect to its own loopback.
_OURS = {"ANTHROPIC_API_KEY": "sk-ant-demo", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
# The SDK sends what these name along with a key, or in place of it, and to another host.
_NOT_OURS = ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS")


@dataclass(frozen=True, slots=True)
class DemoJob:
    """One submission of the demo."""

    name: str
    model: str
    prompts: tuple[str, ...]
    """Go round; `{n}` becomes the number of the request."""
    requests: int
    tags: tuple[str, ...] = ()
    max_requests: int = 100_000
    after: float = 0.0
    """Seconds after the one before."""
    ids: str = ""
    """What its custom_ids begin with; its name where that is empty."""


PIECES = (
    DemoJob(
        "support-tickets",
        "claude-haiku-5-5",
        (
            "Classify ticket #{n}: «The export stops at 90 % and says nothing.»",
            "Classify ticket #{n}: «I was billed twice in May.»",
            "Classify ticket #{n}: «How do I add a colleague?»",
        ),
        240,
        ("nightly",),
    ),
    DemoJob(
        "contract-summaries",
        "claude-sonnet-5-5",
        ("Summarise contract {n} in five sentences for a buyer.", "List the notice periods in contract {n}."),
        60,
        ("legal",),
    ),
    DemoJob("eval-prompt-v7", "claude-opus-5-5", ("Question {n}: which of the two is right, and why?",), 90, ("eval",)),
    DemoJob(
        "product-texts",
        "claude-haiku-5-5",
        ("Write two friendly lines about product {n}.", "Translate the name of product {n} into Portuguese."),
        500,
        ("shop", "nightly"),
        max_requests=200,
        after=4.0,
    ),
    DemoJob("log-triage", "claude-haiku-5-5", ("Is line {n} of the log worth waking somebody?",), 150, (), after=9.0),
    DemoJob(
        "release-notes", "claude-sonnet-5-5", ("Write the release note of change {n}.",), 30, ("docs",), after=15.0
    ),
)
"""What is submitted while somebody watches."""


@contextmanager
def simulated_session(
    session: Session, scenario: Scenario, speed: float, clock: Clock | None = None
) -> Iterator[Simulator]:
    """Run a simulator and point the session at it, with a registry and a folder of its own; nothing is kept."""
    from batchtui.simulator import Simulator

    with _folder() as home, Simulator(scenario, speed=speed, clock=clock) as simulator:
        session.paths = Paths.locate(home)
        session.profile = None
        session.read_only = False  # what it sends goes nowhere
        with _environment():
            yield simulator


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder, and remove it however the demo ends, also by a signal before the event loop handles signals.

    The name is chosen first: a signal may come between making a folder and knowing its name.
    """
    folder = Path(tempfile.gettempdir()) / f"batchtui-demo-{secrets.token_hex(6)}"
    with _ended_by_signals():
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            for number in _ENDING:  # a second one must not end the removal
                signal.signal(number, signal.SIG_IGN)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Have signals end what runs here as an exception, so that it cleans up."""

    def end(number: int, _: object) -> None:
        raise Stopped(ExitCode.HUNG_UP if number == signal.SIGHUP else ExitCode.TERMINATED)

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _environment() -> Iterator[None]:
    """Put the demo's credentials in place of the person's: no key leaves for a demo, and none is needed."""
    before = {name: os.environ.get(name) for name in (*_OURS, *_NOT_OURS)}
    os.environ.update(_OURS)
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@asynccontextmanager
async def busy_workspace(session: Session, url: str) -> AsyncIterator[Workspace]:
    """Open the demo's workspace, and go on submitting its pieces while it is open."""
    async with session.workspace(base_url=url) as workspace:
        task = asyncio.create_task(_submit_all(workspace), name="demo")
        try:
            yield workspace
        finally:
            # The dashboard was closed: pieces that are still to come would be submitted to a closed workspace.
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _submit_all(workspace: Workspace) -> None:
    for piece in PIECES:
        await workspace.clock.sleep(piece.after)
        await submit(workspace, piece)


async def submit(workspace: Workspace, piece: DemoJob) -> Submitted:
    """Write a piece to a file and submit that, as a person would."""
    from batchtui.services.submission.staging.stage import IntakeOptions
    from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit

    options = SubmitOptions(piece.name, piece.tags, IntakeOptions(max_requests=piece.max_requests))
    plan = await plan_submit(workspace, [str(write(piece, workspace.paths.cache))], options)
    return await apply_submit(workspace, plan)


def write(piece: DemoJob, folder: Path) -> Path:
    """Write the request file of a piece."""
    file = folder / f"{piece.name}.jsonl"
    with file.open("w", encoding="utf-8") as target:
        for number in range(1, piece.requests + 1):
            target.write(json.dumps(_request(piece, number), ensure_ascii=False) + "\n")
    return file


def own_files(paths: Paths) -> Path:
    """Write files that somebody may submit or compose from, into a folder of their own, and return it."""
    folder = paths.cache / "files"
    folder.mkdir(parents=True)
    write(DemoJob("letters", "claude-haiku-5-5", ("Answer letter {n} in a friendly tone.",), 25), folder)
    rows = (f"{number},{product}\n" for number, product in enumerate(("A red chair", "A lamp", "Two cups"), 1))
    (folder / "products.csv").write_text("id,product\n" + "".join(rows), encoding="utf-8")
    return folder


def _request(piece: DemoJob, number: int) -> dict[str, Any]:
    prompt = piece.prompts[number % len(piece.prompts)].format(n=number)
    return {
        "custom_id": f"{piece.ids or piece.name}-{number:04}",
        "params": {"model": piece.model, "max_tokens": 400, "messages": [{"role": "user", "content": prompt}]},
    }
