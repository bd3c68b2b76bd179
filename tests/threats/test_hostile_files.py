"""What a hostile file, folder, table or template can do: be refused, and no more."""

from __future__ import annotations

import gzip
import json
import os
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from batchtui.templates import InvalidTemplate, TemplateText

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

MEGABYTE = 1024 * 1024


def test_a_bomb_stays_small(batchtui: Batchtui, home: Path) -> None:
    bomb = batchtui.folder / "bomb.jsonl.gz"
    bomb.write_bytes(gzip.compress(b"\n" * 60 * MEGABYTE))
    batchtui("check", str(bomb))  # imports what it needs
    tracemalloc.start()
    try:
        assert batchtui("check", str(bomb)).code == 3
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"custom_id": ' + b'{"a":' * 100_000, b"\xff\xfe\x00" * 1000])
def test_a_bomb_stays_small_and_nesting_is_a_finding(batchtui: Batchtui, home: Path, content: bytes) -> None:
    file = batchtui.folder / "deep.jsonl"
    file.write_bytes(content)
    checked = batchtui("check", str(file), "--json")
    assert checked.code == 3
    assert checked.document.get("problems") or checked.document["error"]


def test_a_link_leads_nowhere(batchtui: Batchtui, home: Path) -> None:
    (batchtui.folder / "secret.txt").write_text("secret")
    folder = batchtui.folder / "in"
    folder.mkdir()
    (folder / "fine.txt").write_text("fine")
    (folder / "out.txt").symlink_to(batchtui.folder / "secret.txt")
    (folder / "up").symlink_to(batchtui.folder)
    os.mkfifo(folder / "pipe.txt")
    made = batchtui("compose", "--template", "default", "--data", str(folder), "--skip-wrong")
    assert "fine" in made.out
    assert "secret" not in made.out
    assert "pipe.txt" in made.err


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO 'written.csv'", "CREATE TABLE x AS SELECT 1", "INSTALL httpfs", "LOAD httpfs",
        "ATTACH 'written.db'", "SELECT 1; SELECT 2", "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
    ],
)  # fmt: skip
def test_sql_only_reads(batchtui: Batchtui, home: Path, sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(batchtui.folder)
    assert batchtui("compose", "--template", "default", "--sql", sql, "-o", "out.jsonl").code in (2, 3)
    assert [path.name for path in batchtui.folder.iterdir() if path.name != "home"] == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}", "{{ cycler.__init__.__globals__.os }}", "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}", "{{ ''|attr('__class__') }}", "{{ 'x' * 10**9 }}", "{{ 2 ** (10**9) }}",
        "{{ range(10**9)|list }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)  # fmt: skip
def test_a_template_makes_text(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(InvalidTemplate):
        TemplateText(text).fill({"x": "value"})
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("named", ["../secret", "/etc/passwd", "..", "a/../../secret"])
def test_a_type_of_task_is_a_name(batchtui: Batchtui, simulator: Simulator, home: Path, named: str) -> None:
    (home / "templates").mkdir(parents=True)
    (home / "secret.md").write_text("secret")
    tasks = batchtui.folder / "tasks.json"
    tasks.write_text(json.dumps([{"task_id": "a", "task_type": named, "input_data": "x"}]))
    assert batchtui("submit", str(tasks), "--yes").code == 0
    sent = b"".join(path.read_bytes() for path in (home / "requests").rglob("*") if path.is_file())
    assert b"secret" not in sent.replace(named.encode(), b"")
    assert b"root:" not in sent
