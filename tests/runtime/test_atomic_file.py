"""A file appears whole or not at all; what a killed process leaves is known, and a link stays a link."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import OutputExists, StorageError
from batchtui.runtime.atomic_file import left_behind, open_atomic

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
from pathlib import Path
from batchtui.runtime.atomic_file import open_atomic
with open_atomic(Path(sys.argv[1]), None, overwrite=False, notes=Path(sys.argv[2])) as out:
    out.write(b"half")
    out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write(output: Path, text: bytes = b"new", *, overwrite: bool = True, notes: Path | None = None) -> None:
    with open_atomic(output, None, overwrite=overwrite, notes=notes) as out:
        out.write(text)


def test_a_symbolic_link_stays_one_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "real.csv", tmp_path / "latest.csv"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write(link)
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    assert list((tmp_path / "data").iterdir()) == [target]


def test_a_link_to_nothing_yet_gets_its_target(tmp_path: Path) -> None:
    link = tmp_path / "latest.csv"
    link.symlink_to("later.csv")
    write(link, overwrite=False)
    assert (link.is_symlink(), (tmp_path / "later.csv").read_bytes()) == (True, b"new")


def test_a_link_is_not_written_through_unasked(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "latest.csv").symlink_to("real.csv")
    with pytest.raises(OutputExists):
        write(tmp_path / "latest.csv", overwrite=False)
    assert (tmp_path / "real.csv").read_bytes() == b"old"


def test_a_link_to_itself_is_a_failure_in_words(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match="Cannot write"):
        write(tmp_path / "loop")


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_bytes(b"old")
    output.chmod(0o640)
    write(output)
    assert output.stat().st_mode & 0o777 == 0o640


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    output = tmp_path / ("n" * 251 + ".csv")
    write(output)
    assert output.read_bytes() == b"new"


def test_half_written_files_of_a_killed_process_are_found(tmp_path: Path) -> None:
    output, notes = tmp_path / "out.csv", tmp_path / "notes"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(output), str(notes)], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = left_behind(notes)
    assert (left.path.read_bytes(), left.output, left.is_certain) == (b"half", str(output), True)
    assert not output.exists()


def test_a_file_being_written_is_not_a_leftover(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with open_atomic(tmp_path / "out.csv", None, overwrite=False, notes=notes):
        assert len(list(notes.iterdir())) == 1
        assert list(left_behind(notes)) == []
    assert list(notes.iterdir()) == []


@pytest.mark.parametrize(
    "note", ["", "{}", "[]", '{"path": "/etc/passwd", "output": "x", "process": "a|1|2|3"}', '{"path": 1}', "\0"]
)
def test_a_note_that_is_none_of_ours_names_nothing(tmp_path: Path, note: str) -> None:
    (tmp_path / "batchtui-0123456789abcdef.part.json").write_text(note)
    assert list(left_behind(tmp_path)) == []
