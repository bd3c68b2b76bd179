"""A search with two processes finds what one finds, in the same order, also where one of them dies."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
import pytest

from batchtui.registry.results import search_worker
from batchtui.registry.results.search import BLOCK, lines_with
from batchtui.registry.results.search_worker import lines_with_help
from tests.support.lines import succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.runtime.worker_process import WorkerProcess

LINES = [
    succeeded(
        f"r-{n:05}", {"type": "text", "text": f"answer {n}" + " of Some length" * 20 + (" RaRe" * (n % 700 == 0))}
    )
    for n in range(2_000)
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in LINES))
    assert path.stat().st_size > 3 * BLOCK
    return path


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[WorkerProcess]:
    """The processes that are started, on a machine where each search is worth one."""
    started: list[WorkerProcess] = []
    begin = search_worker._begin

    def noted(text: str, path: Path, middle: int) -> WorkerProcess | None:
        worker = begin(text, path, middle)
        assert worker is not None
        started.append(worker)
        return worker

    monkeypatch.setattr(search_worker, "WORTH_IT", 0)
    monkeypatch.setattr(search_worker, "_cores", lambda: 2)
    monkeypatch.setattr(search_worker, "_begin", noted)
    return started


def found(path: Path, text: str) -> list[int]:
    with closing(lines_with_help(text, path)) as blocks:
        return [start for starts, _ in blocks for start in starts]


@pytest.mark.parametrize("text", ["rare", "some LENGTH", "r-01999", "r-00000", "nowhere", "text"])
def test_it_finds_each_line_once_and_in_order(results: Path, workers: list[WorkerProcess], text: str) -> None:
    alone = [start for starts, _ in lines_with(text, results) for start in starts]
    assert found(results, text) == alone
    (worker,) = workers
    assert not psutil.pid_exists(worker.pid)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999, 1.0])
def test_a_line_at_the_border_is_found_once(
    results: Path, workers: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(search_worker, "OWN_SHARE", share)
    assert len(found(results, "answer")) == len(LINES)
    assert len(workers) == 1


def test_the_part_of_a_lost_worker_is_searched_here(results: Path, workers: list[WorkerProcess]) -> None:
    with closing(lines_with_help("answer", results)) as blocks:
        starts = [*next(blocks)[0]]
        os.kill(workers[0].pid, signal.SIGKILL)
        starts += [start for some, _ in blocks for start in some]
    assert len(starts) == len(set(starts)) == len(LINES)


def test_a_search_that_is_given_up_leaves_no_process(results: Path, workers: list[WorkerProcess]) -> None:
    with closing(lines_with_help("answer", results)) as blocks:
        next(blocks)
    assert not psutil.pid_exists(workers[0].pid)


def test_progress_rises_to_the_whole_file(results: Path, workers: list[WorkerProcess]) -> None:
    with closing(lines_with_help("rare", results)) as blocks:
        done = [at for _, at in blocks]
    assert workers
    assert done == sorted(done)
    assert done[-1] == results.stat().st_size


def test_a_small_file_is_searched_by_this_process_alone(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_worker, "WorkerProcess", None)
    assert len(found(results, "answer")) == len(LINES)


def test_where_no_process_can_be_started_this_one_searches_all(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise OSError("no process left")

    monkeypatch.setattr(search_worker, "WORTH_IT", 0)
    monkeypatch.setattr(search_worker, "_cores", lambda: 2)
    monkeypatch.setattr(search_worker, "WorkerProcess", refuse)
    assert len(found(results, "answer")) == len(LINES)
