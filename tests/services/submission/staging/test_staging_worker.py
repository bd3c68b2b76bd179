"""A pass in a process of its own comes to what a pass here comes to, and leaves nothing when either side dies."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import psutil
import pytest

from batchtui.domain.errors import BatchtuiError, InputError
from batchtui.domain.limits import API_VERSION
from batchtui.domain.model import ModelInfo
from batchtui.domain.submission.problem import Problem, Severity
from batchtui.intake import CheckOptions
from batchtui.runtime.worker_process import WorkerLost
from batchtui.services.submission.staging import stage as stage_service
from batchtui.services.submission.staging import worker as staging_worker
from batchtui.services.submission.staging.check_pass import StagingJob, run_staging
from batchtui.services.submission.staging.messages import decode, encode
from batchtui.services.submission.staging.stage import IntakeOptions, ReadProgress, stage
from batchtui.services.submission.staging.worker import StagingWorker, is_worth_it, start_if_worth_it
from tests.support.builders import jsonl, request, requests
from tests.support.clock import TurnedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace

OPTIONS = CheckOptions(api_version=API_VERSION, today=date(2026, 11, 21))
MORTAL_PARENT = """
import os, signal, sys
from batchtui.services.submission.staging.worker import StagingWorker
from batchtui.services.submission.staging.messages import decode
child = StagingWorker()
print(child.pid, flush=True)
child.run(decode(sys.stdin.buffer), lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""


def job(tmp_path: Path, source: Path, folder: str = "aside", max_requests: int = 1000) -> StagingJob:
    return StagingJob(tmp_path / folder, (str(source),), IntakeOptions(max_requests=max_requests), OPTIONS)


@pytest.fixture
def child() -> Iterator[StagingWorker]:
    started = StagingWorker()
    yield started
    assert not psutil.pid_exists(started.pid)


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Path]:
    """A source that gives requests for as long as somebody reads."""
    path = tmp_path / "endless.jsonl"
    os.mkfifo(path)
    written = jsonl(tmp_path / "line.jsonl", [request("r")]).read_bytes()

    def feed() -> None:
        with path.open("wb", buffering=0) as pipe:
            for _ in range(20_000):
                pipe.write(written * 1000)

    with ThreadPoolExecutor(1) as pool:
        feeding = pool.submit(feed)
        yield path
        assert isinstance(feeding.exception(30), BrokenPipeError)


def ignore(_reading: ReadProgress) -> None:
    pass


def await_end(pid: int) -> None:
    """Wait for the end of a process that is nobody's child any more, whether or not it was collected since."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([process], [], [], 10)[0]
    os.close(process)


def test_it_comes_to_the_same_as_here(tmp_path: Path, child: StagingWorker) -> None:
    wrong = [request("twice"), request("twice"), request("bad id")]
    source = jsonl(tmp_path / "in.jsonl", [*requests(3000), *wrong])
    apart = child.run(job(tmp_path, source), ignore)
    here = run_staging(job(tmp_path, source, "here"), ignore)
    assert apart.report == here.report
    assert apart.report.errors == 2
    assert apart.loads == here.loads
    assert (apart.requests.parts, apart.requests.fingerprint) == (here.requests.parts, here.requests.fingerprint)
    for name in sorted(path.name for path in here.requests.folder.glob("*.json")):
        assert (apart.requests.folder / name).read_bytes() == (here.requests.folder / name).read_bytes()


def failure(of: object, work: StagingJob) -> tuple[type, str, str, str]:
    """How a pass fails, as far as a person can see it."""
    with pytest.raises(BatchtuiError) as caught:
        of(work, ignore)  # type: ignore[operator]
    error = caught.value
    return type(error), error.message, error.hint, error.heading


def test_it_fails_as_it_would_here(tmp_path: Path, child: StagingWorker) -> None:
    work = job(tmp_path, tmp_path / "missing.jsonl")
    assert failure(child.run, work) == failure(run_staging, work)
    assert not work.folder.exists()


def test_a_process_that_is_killed_is_lost_and_leaves_nothing(tmp_path: Path, child: StagingWorker) -> None:
    os.kill(child.pid, signal.SIGKILL)
    work = job(tmp_path, jsonl(tmp_path / "in.jsonl", requests(3)))
    with pytest.raises(WorkerLost):
        child.run(work, ignore)
    assert not work.folder.exists()


def test_whoever_is_told_can_end_it_and_nothing_is_left(tmp_path: Path, child: StagingWorker, endless: Path) -> None:
    def tell(_reading: ReadProgress) -> None:
        raise asyncio.CancelledError

    work = job(tmp_path, endless)
    with pytest.raises(asyncio.CancelledError):
        child.run(work, tell)
    assert not work.folder.exists()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux can wait for the child of another")
def test_the_worker_ends_and_leaves_nothing_when_its_parent_is_killed(tmp_path: Path, endless: Path) -> None:
    work = job(tmp_path, endless)
    parent = subprocess.Popen([sys.executable, "-c", MORTAL_PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    said, _ = parent.communicate(encode(work))
    assert parent.returncode == -signal.SIGKILL
    await_end(int(said))
    assert not work.folder.exists()


def test_only_much_input_of_known_size_is_worth_a_process(tmp_path: Path) -> None:
    small, large = jsonl(tmp_path / "small.jsonl", requests(3)), tmp_path / "large.jsonl"
    with large.open("wb") as file:
        file.truncate(staging_worker.WORTH_IT)
    os.mkfifo(tmp_path / "pipe")
    assert [is_worth_it([str(path)]) for path in (small, large, tmp_path / "pipe", tmp_path / "missing")] == [
        False, True, False, False,
    ]  # fmt: skip


async def staged_ids(workspace: Workspace, source: Path) -> list[str]:
    """The custom_ids of what a file comes to."""
    staged = await stage(workspace, [str(source)], IntakeOptions())
    workspace.registry.requests.commit(staged.requests, "job_1")
    with workspace.registry.requests.reader("job_1") as reader:
        return list(reader.custom_ids())


async def test_much_input_is_staged_in_a_process_of_its_own(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging_worker, "WORTH_IT", 1)
    monkeypatch.setattr(stage_service, "run_staging", None)
    source = jsonl(tmp_path / "in.jsonl", requests(3))
    assert await staged_ids(workspace, source) == ["r-00000", "r-00001", "r-00002"]


async def test_a_process_that_was_begun_does_the_pass(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging_worker, "WORTH_IT", 1)
    monkeypatch.setattr(stage_service, "run_staging", None)
    source = jsonl(tmp_path / "in.jsonl", requests(3))
    async with start_if_worth_it([str(source)]) as child:
        monkeypatch.setattr(staging_worker, "start_apart", None)  # there is no other
        staged = await stage(workspace, [str(source)], IntakeOptions(), child=child)
    assert staged.report.requests == 3


async def test_a_process_that_was_begun_in_vain_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging_worker, "WORTH_IT", 1)
    async with start_if_worth_it([str(jsonl(tmp_path / "in.jsonl", requests(3)))]) as child:
        assert child is not None
        assert psutil.pid_exists(child.pid)
    assert not psutil.pid_exists(child.pid)


async def test_the_pass_runs_in_this_process_when_the_worker_is_lost(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_doomed() -> StagingWorker:
        doomed = StagingWorker()
        doomed.stop()
        return doomed

    monkeypatch.setattr(staging_worker, "WORTH_IT", 1)
    monkeypatch.setattr(staging_worker, "start_apart", start_doomed)
    source = jsonl(tmp_path / "in.jsonl", requests(3))
    assert await staged_ids(workspace, source) == ["r-00000", "r-00001", "r-00002"]


async def test_cancelled_in_the_middle_nothing_is_left(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, endless: Path
) -> None:
    monkeypatch.setattr(staging_worker, "is_worth_it", lambda _sources: True)
    under_way = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(_reading: ReadProgress) -> None:
        loop.call_soon_threadsafe(under_way.set)

    work = asyncio.ensure_future(stage(workspace, [str(endless)], IntakeOptions(), tell))
    await under_way.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert list(workspace.paths.requests.iterdir()) == []


def test_any_message_arrives_as_it_was_sent(tmp_path: Path) -> None:
    odd = "\ud800 \udcff \u202e\n\x00 \U0001f389"
    problem = Problem(odd, 1, None, Severity.WARNING, "code", odd, lines=(1, 2))
    info = ModelInfo("m", odd, retires_at=date(2027, 1, 1))
    options = dataclasses.replace(OPTIONS, models={"m": info}, templates=tmp_path / odd[2:4])
    work = dataclasses.replace(job(tmp_path, tmp_path / "x"), check_options=options)
    assert decode(io.BytesIO(encode(work))) == work
    error = decode(io.BytesIO(encode(InputError(odd, hint="h", title="t", problems=[problem]))))
    assert (type(error), error.message, error.hint, error.heading, error.problems) == (
        InputError, odd, "h", "t", (problem,),
    )  # fmt: skip


def test_nothing_else_is_ever_said(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        encode(TurnedClock())
    with pytest.raises(EOFError):
        decode(io.BytesIO(encode(ReadProgress(1, 2))[:-3]))
