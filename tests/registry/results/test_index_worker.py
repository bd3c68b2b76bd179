"""An index built in a process of its own is the one that would be built here, also where either side dies."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from batchtui.registry.results import index_worker
from batchtui.registry.results.index import IndexBuilder, index_file
from batchtui.registry.results.index_worker import IndexWorker, begin_index
from batchtui.registry.results.reader import ResultReader
from batchtui.registry.results.store import ResultStore
from tests.support.lines import errored, succeeded
from tests.support.results import a_batch

if TYPE_CHECKING:
    from pathlib import Path

LINES = [succeeded(f"r-{n:05}", {"type": "text", "text": f"answer {n}"}) for n in range(500)]
BYTES = b"".join(line.rstrip(b"\n") + b"\n" for line in [*LINES, errored("r-bad", message="no such thing")])
MORTAL_PARENT = """
import os, signal, sys
from pathlib import Path
from batchtui.registry.results.index_worker import IndexWorker
index = IndexWorker(Path(sys.argv[1]), Path(sys.argv[2]))
print(index.pid, flush=True)
index.feed(b"x" * 100)
os.kill(os.getpid(), signal.SIGKILL)
"""


def fed(raw: Path, target: Path) -> IndexWorker:
    """An index that was told all of the file, in pieces."""
    raw.write_bytes(b"")
    index = IndexWorker(raw, target)
    with raw.open("ab", buffering=0) as file:
        for start in range(0, len(BYTES), 7000):
            piece = BYTES[start : start + 7000]
            file.write(piece)
            index.feed(piece)
    return index


def test_it_is_the_index_that_would_be_built_here(tmp_path: Path) -> None:
    raw, apart, here = tmp_path / "raw", tmp_path / "apart.db", tmp_path / "here.db"
    index = fed(raw, apart)
    assert index.finish() == index_file(raw, here)
    assert not psutil.pid_exists(index.pid)
    one, other = ResultReader.open(raw, apart), ResultReader.open(raw, here)
    assert one is not None
    assert other is not None
    with one, other:
        assert one.page(one.order()) == other.page(other.order())
        assert one.groups == other.groups


def test_a_lost_index_worker_is_replaced_by_this_process(tmp_path: Path) -> None:
    index = fed(tmp_path / "raw", tmp_path / "apart.db")
    os.kill(index.pid, signal.SIGKILL)
    assert index.finish().results == 501


def test_discarded_nothing_is_left(tmp_path: Path) -> None:
    index = fed(tmp_path / "raw", tmp_path / "apart.db")
    index.discard()
    assert not psutil.pid_exists(index.pid)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_disk_that_refuses_is_said_as_it_would_be_here(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.touch()
    index = IndexWorker(raw, tmp_path / "missing" / "apart.db")
    with pytest.raises(OSError, match="missing"):
        index.finish()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux can wait for the child of another")
def test_the_index_worker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(BYTES)
    words = [sys.executable, "-c", MORTAL_PARENT, str(raw), str(tmp_path / "apart.db")]
    parent = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    assert parent.returncode == -signal.SIGKILL
    try:
        process = os.pidfd_open(int(parent.stdout))
    except ProcessLookupError:
        return
    assert select.select([process], [], [], 10)[0]
    os.close(process)


def test_only_many_results_are_worth_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ResultStore(tmp_path)
    few = begin_index(a_batch(succeeded=3), store.paths(a_batch()))
    few.discard()
    assert isinstance(few, IndexBuilder)
    monkeypatch.setattr(index_worker, "WORTH_IT", 3)
    many = begin_index(a_batch(succeeded=3), store.paths(a_batch()))
    many.discard()
    assert isinstance(many, IndexWorker)
