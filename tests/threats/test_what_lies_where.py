"""What is kept on the disk, and who can read it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault
from tests.support.builders import jsonl, request
from tests.support.workspaces import KEY
from tests.threats.conftest import SECRET, files_of, holding

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later
    from tests.threats.conftest import Night


def test_for_your_eyes_only(night: Night, home: Path) -> None:
    before = os.umask(0)
    try:
        (home / "requests").mkdir(parents=True)
        night()
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in files_of(home)} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [home, *home.rglob("*")] if path.is_dir()} == {0o700}


def test_content_in_two_places(night: Night, batchtui: Batchtui, home: Path) -> None:
    night()
    first = json.loads((batchtui.folder / "out.jsonl").read_text().splitlines()[0])
    answer = first["result"]["message"]["content"][0]["text"]
    assert {path.relative_to(home).parts[0] for path in holding(home, SECRET)} == {"requests"}
    assert {path.relative_to(home).parts[0] for path in holding(home, answer[:30])} == {"results"}


def test_no_key_is_stored(night: Night, batchtui: Batchtui, simulator: Simulator, home: Path) -> None:
    said = night('log_level = "debug"\n')
    simulator.world.faults.add(Fault("*", "status", status=401, times=None))
    failed = [batchtui("sync"), batchtui("sync", "--json"), batchtui("doctor"), batchtui("log", "--json")]
    assert failed[0].code == 1
    assert KEY not in said + "".join(each.out + each.err for each in failed)
    assert holding(home, KEY) == []


@pytest.mark.long
def test_logs_without_content_of_requests_and_answers(
    night: Night, batchtui: Batchtui, simulator: Simulator, home: Path, later: Later
) -> None:
    said = night('log_level = "debug"\n')
    simulator.world.faults.add(Fault("create", "status", status=400, message="no"))
    file = str(jsonl(batchtui.folder / "more.jsonl", [request("x", f"more {SECRET}")]))
    assert batchtui("submit", file, "--yes").code == 1
    assert batchtui("submit", file, "--yes", "--force").code == 0
    later.turn(60)
    simulator.world.faults.add(Fault("results", "wrong_line", body=SECRET))
    batchtui("status", "@last")
    batchtui("results", "@last", "-")
    said += batchtui("log", "--json").out
    assert SECRET not in said
    assert holding(home / "logs", SECRET) == []
    assert holding(home / "logs", "content") == []


def test_nothing_is_overwritten(night: Night, batchtui: Batchtui) -> None:
    night()
    mine = batchtui.folder / "mine.csv"
    mine.write_text("mine\nx\n")
    assert batchtui("results", "nightly", str(mine)).code == 1
    assert batchtui("compose", "--template", "default", "--data", str(mine), "-o", str(mine)).code != 0
    assert mine.read_text() == "mine\nx\n"
    assert batchtui("results", "nightly", str(mine), "--overwrite").code == 0
    assert mine.read_text(encoding="utf-8-sig").startswith("custom_id")
    assert sorted(path.name for path in batchtui.folder.iterdir()) == ["home", "in.jsonl", "mine.csv", "out.jsonl"]
