"""`submit --reuse` pays for what is new only, and the job has all of it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.builders import jsonl, request, requests

if TYPE_CHECKING:
    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later

ROOT = Path(__file__).parents[4]


@pytest.fixture
def first(batchtui: Batchtui, simulator: Simulator, later: Later) -> str:
    """The id of a batch that has answered three requests."""
    sent = batchtui("submit", batchtui.file(3), "--name", "nightly", "--yes", "--json")
    later.turn(4000)
    assert batchtui("wait", "nightly").code == 0
    return str(sent.document["batches"][0]["id"])


@pytest.fixture
def grown(batchtui: Batchtui, tmp_path: Path) -> str:
    """A file of the same requests under other ids, of a new one, and of that one again."""
    lines = [*reversed(requests(4)), requests(4)[3]]
    return str(jsonl(tmp_path / "grown.jsonl", [{**line, "custom_id": f"g{n}"} for n, line in enumerate(lines)]))


@pytest.mark.parametrize("option", ["--reuse", "--reuse=30d", "--reuse=all,30d"])
def test_only_what_is_new_is_sent_and_the_export_has_all_in_order(
    option: str, batchtui: Batchtui, simulator: Simulator, first: str, grown: str, later: Later, tmp_path: Path
) -> None:
    sent = batchtui("submit", grown, option, "--yes", "--name", "again", "--json")
    assert sent.code == 0, sent
    assert sent.document["known"]["new"] == 1
    assert sorted((batch["requests"], batch["reused"]) for batch in sent.document["batches"]) == [
        (1, False), (1, True), (3, True),
    ]  # fmt: skip
    assert len(simulator.world.batches[-1]) == 1
    later.turn(4000)
    assert batchtui("wait", "again", str(tmp_path / "all.csv")).code == 0
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text().splitlines()))
    assert [row["custom_id"] for row in rows] == ["g0", "g1", "g2", "g3", "g4"]
    own = str(next(batch["id"] for batch in sent.document["batches"] if not batch["reused"]))
    assert [row["reused_from"] for row in rows] == ["", first, first, first, own]
    assert rows[0]["text"] == rows[4]["text"]
    array = json.loads(batchtui("results", "again", "--format", "json", "--order", "input").out)
    assert [row.get("reused_from") for row in array] == [None, first, first, first, own]
    lines = batchtui("results", "again", "--with-requests", "--order", "input").out.splitlines()
    assert [json.loads(line).get("reused_from") for line in lines] == [None, first, first, first, own]
    # Lines without requests are what the API sent.
    assert "reused_from" not in batchtui("results", "again").out
    sections = batchtui("results", "again", "--format", "md", "--order", "input").out.split("\n---\n")
    assert [f"Answer reused from `{first}`." in section for section in sections[-5:]] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_file_after_the_option_is_a_file(batchtui: Batchtui, first: str, grown: str) -> None:
    ran = batchtui("submit", "--reuse", grown, "--dry-run")
    assert ran.code == 0
    assert "only new requests are sent; the others get the answers that exist, or will" in ran.out


def test_what_is_neither_age_nor_file_is_refused(batchtui: Batchtui, grown: str) -> None:
    ran = batchtui("submit", grown, "--reuse=yesterday")
    assert ran.code == 2
    assert "`yesterday` is not a value of --reuse." in ran.err
    assert "30d" in ran.err


@pytest.mark.parametrize("other", ["--force", "--prime", "--count"])
def test_what_contradicts_it_is_refused(other: str, batchtui: Batchtui, grown: str) -> None:
    assert batchtui("submit", grown, "--reuse", other, "--yes").code == 2


def test_the_same_file_again_sends_nothing_and_costs_nothing(
    batchtui: Batchtui, simulator: Simulator, first: str
) -> None:
    ran = batchtui("submit", batchtui.file(3), "--reuse", "--yes", "--json")
    assert ran.code == 0
    assert [(batch["state"], batch["results"], batch["cost"]["actual"]) for batch in ran.document["batches"]] == [
        ("ended", "saved", "0")
    ]
    assert len(simulator.world.batches) == 1


def test_the_setting_reuses_without_the_option_and_force_overrides_it(
    batchtui: Batchtui, simulator: Simulator, first: str, home: Path
) -> None:
    (home / "config.toml").write_text('[submit]\nreuse = "on"\n')
    assert batchtui("submit", batchtui.file(3), "--yes").code == 0
    assert len(simulator.world.batches) == 1
    assert batchtui("submit", batchtui.file(3), "--yes", "--reuse=off", "--force").code == 0
    assert batchtui("submit", batchtui.file(3), "--yes", "--force").code == 0
    assert len(simulator.world.batches) == 3


def test_a_growing_folder_sends_the_file_that_changed(
    batchtui: Batchtui, simulator: Simulator, later: Later, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(23):
        (notes / f"{number:02}.txt").write_text(f"note {number}")
    (tmp_path / "t.md").write_text("Summarise: {{ text }}")
    words = ("compose", "--template", str(tmp_path / "t.md"), "--data", str(notes), "--submit", "--reuse", "--yes")
    night = batchtui(*words, "--name", "monday", "--json")
    assert night.code == 0, night
    later.turn(4000)
    assert batchtui("wait", "monday").code == 0
    (notes / "07.txt").write_text("note 7, written anew")
    assert batchtui(*words, "--name", "tuesday").code == 0
    assert [len(batch) for batch in simulator.world.batches] == [23, 1]
    later.turn(4000)
    ran = batchtui("results", "tuesday", "--order", "input")
    assert len([json.loads(line) for line in ran.out.splitlines()]) == 23


def test_the_list_and_the_status_tell_what_is_reused(batchtui: Batchtui, first: str) -> None:
    assert batchtui("submit", batchtui.file(3), "--reuse", "--yes", "--name", "again").code == 0
    assert "reused" in batchtui("list").out
    assert "3 succeeded" in batchtui("status", "again").out


def test_the_results_of_a_job_that_waits_for_another_one_bring_home_both(
    batchtui: Batchtui, simulator: Simulator, later: Later
) -> None:
    assert batchtui("submit", batchtui.file(3), "--yes", "--name", "first").code == 0
    assert batchtui("submit", batchtui.file(3), "--reuse", "--yes", "--name", "again").code == 0
    later.turn(4000)
    ran = batchtui("results", "again")
    assert ran.code == 0, ran
    assert len(ran.out.splitlines()) == 3


def test_the_transcript_of_the_readme_is_what_the_program_says(
    batchtui: Batchtui, simulator: Simulator, later: Later, tmp_path: Path
) -> None:
    command = r"\$ batchtui submit tickets\.jsonl --reuse --dry-run\n(.*?)```"
    [shown] = re.findall(command, (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    # 380 tickets of yesterday, and 20 more of which four say the same.
    asked = [request(f"t-{number}", f"Ticket {number}") for number in range(380)]
    new = [request(f"n-{number}", f"Ticket {2_000 + max(number, 3)}") for number in range(20)]
    assert batchtui("submit", str(jsonl(tmp_path / "monday.jsonl", asked)), "--yes").code == 0
    later.turn(4000)
    assert batchtui("wait", "monday").code == 0
    grown = jsonl(tmp_path / "tickets.jsonl", [*new, *asked])
    said = batchtui("submit", str(grown), "--reuse", "--dry-run").out
    assert [name_no_job(line) for line in shown.splitlines()] == [name_no_job(line) for line in said.splitlines()[-3:]]


def name_no_job(line: str) -> str:
    """Leave out the id of a job, which is another one each time."""
    return re.sub(r"job_\w+", "job_…", line)
