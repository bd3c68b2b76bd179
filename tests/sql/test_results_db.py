"""A query reaches no file, no network and no setting, and changes nothing."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import InputError, UsageError
from batchtui.sql.connection import sentence
from batchtui.sql.results_db import LineFile, LineFunctions, ResultsDb
from tests.support.lines import succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = (
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from '/etc/passwd.csv'",
    "select * from read_json('/etc/passwd')",
    "select * from parquet_metadata('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from 'https://example.com/x.parquet'",
    "copy (select 1) to 'stolen.csv'",
    "copy (select 1) to '/dev/stdout'",
    "attach 'other.db'",
    "attach 'registry.db' (type sqlite)",
    "install httpfs",
    "load httpfs",
    "pragma enable_external_access = true",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset lock_configuration",
    "call enable_logging()",
    "export database 'stolen'",
    "create table x as select 1",
    "insert into lines_1 values ('x')",
    "drop view results",
    "select 1; select 2",
    "select getenv('HOME')",
    "select * from sqlite_scan('registry.db', 'jobs')",
    "with x as (select 1) delete from y",
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[ResultsDb]:
    """A database with the results `jobs` of two lines, locked."""
    lines = [succeeded("a", "one"), succeeded("b", "two")]
    path = tmp_path / "results.jsonl"
    path.write_bytes(b"\n".join(lines))
    functions = LineFunctions(str, str, lambda line, day: 1.0, str, str)
    (tmp_path / "scratch").mkdir()
    opened = ResultsDb(functions, ["succeeded"], tmp_path / "scratch")
    file = LineFile(path, array("Q", [0, len(lines[0]) + 1]), path.stat().st_size, bytes(2), None, "2026-01-01")
    opened.add_results("jobs", [file], [], [], is_doubtful=False)
    opened.lock()
    yield opened
    opened.close()


def test_nothing_but_what_was_added_is_reached(db: ResultsDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    before = sorted(tmp_path.rglob("*"))
    for sql in (*HOSTILE, "select * from 'secret.csv'", "select * from functions", "select * from HOSTILE"):
        with pytest.raises((InputError, UsageError)) as refused:
            list(db.query(sql)[1])
        assert "\n" not in refused.value.message, sql
    assert sorted(tmp_path.rglob("*")) == before
    rows = db.query("select custom_id, answer from results('jobs') order by 1")[1]
    assert list(rows) == [[("a", "one"), ("b", "two")]]


def test_an_error_is_one_line_with_the_place() -> None:
    said = 'Binder Error: Column "x" not found!\nCandidate bindings: "a"\n\nLINE 2:   x,\n          ^'
    assert sentence(said) == 'Column "x" not found! Candidate bindings: "a" (line 2, at `x,`).'
    assert sentence("Out of Memory Error: no room") == "no room."
