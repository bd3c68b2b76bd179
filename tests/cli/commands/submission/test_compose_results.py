"""Saved results are data for compose: their columns, their lineage, and groups of them."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.simulator import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

AT_ONCE = Scenario(takes=0.0, requests_per_minute=0)
CSV = "id,lang,text\n" + "".join(f"t{n},{'de' if n % 3 else 'en'},Ticket {n}\n" for n in range(9))


@pytest.fixture
def scenario() -> Scenario:
    return AT_ONCE


@pytest.fixture
def first(batchtui: Batchtui, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job `first` that was composed from a table, with its results saved."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text(CSV)
    (tmp_path / "ask.md").write_text('+++\nid = "id"\n+++\nSum up: {{ text }}\n')
    sent = ("--data", "tickets.csv", "--submit", "--name", "first", "--yes")
    assert batchtui("compose", "--template", "ask.md", *sent).code == 0
    assert batchtui("wait", "first").code == 0
    return tmp_path


def requests(path: Path) -> dict[str, Any]:
    items = [json.loads(line) for line in path.read_text().splitlines()]
    return {item["custom_id"]: item["params"]["messages"][-1]["content"] for item in items}


def composed(batchtui: Batchtui, folder: Path, template: str, *options: str) -> dict[str, Any]:
    (folder / "next.md").write_text(template)
    ran = batchtui("compose", "--template", "next.md", *options, "-o", "next.jsonl", "--overwrite")
    assert ran.code == 0, ran.err
    return requests(folder / "next.jsonl")


def test_a_row_has_the_answer_the_request_and_the_columns_it_was_made_from(batchtui: Batchtui, first: Path) -> None:
    template = "{{ custom_id }}|{{ lang }}|{{ text }}|{{ outcome }}|{{ request.prompt }}|{{ answer }}|{{ tokens_out }}"
    made = composed(batchtui, first, template, "--data", "results:first")
    assert list(made) == [f"t{n}" for n in range(9)]
    custom_id, lang, text, outcome, prompt, answer, tokens = made["t3"].split("|")
    assert (custom_id, lang, text, outcome, prompt) == ("t3", "en", "Ticket 3", "succeeded", "Sum up: Ticket 3")
    assert answer
    assert int(tokens) > 0


def test_the_new_job_knows_its_parent_however_it_is_sent(batchtui: Batchtui, first: Path) -> None:
    composed(batchtui, first, "Judge: {{ answer }}", "--data", "results:first")
    assert batchtui("submit", "next.jsonl", "--name", "second", "--model", "claude-sonnet-5-5", "--yes").code == 0
    parents = batchtui("status", "second", "--json").document["lineage"]["parents"]
    assert [(one["name"], one["relation"]) for one in parents] == [("first", "composed")]
    children = batchtui("status", "first", "--json").document["lineage"]["children"]
    assert [one["name"] for one in children] == ["second"]
    assert "composed from first" in batchtui("status", "second").out
    assert "second is composed from it" in batchtui("status", "first").out


def test_the_same_ids_with_other_questions_have_no_parent(batchtui: Batchtui, first: Path) -> None:
    composed(batchtui, first, "Judge: {{ answer }}", "--data", "results:first")
    (first / "own.jsonl").write_text((first / "next.jsonl").read_text().replace("Judge", "Praise"))
    assert batchtui("submit", "own.jsonl", "--name", "own", "--yes").code == 0
    assert batchtui("status", "own", "--json").document["lineage"] == {"parents": [], "children": []}


def test_columns_go_down_the_line_to_the_job_after_next(batchtui: Batchtui, first: Path) -> None:
    (first / "next.md").write_text("Judge: {{ answer }}")
    sent = ("--submit", "--name", "second", "--yes")
    assert batchtui("compose", "--template", "next.md", "--data", "results:first", *sent).code == 0
    assert batchtui("wait", "second").code == 0
    made = composed(batchtui, first, "{{ lang }} {{ answer }}", "--data", "results:second")
    assert made["t3"].startswith("en ")


def test_groups_come_in_the_order_of_their_first_row_and_are_named_by_their_value(
    batchtui: Batchtui, first: Path
) -> None:
    template = "{{ lang }}:{% for row in rows %} {{ row.text }}{% endfor %}"
    made = composed(batchtui, first, template, "--data", "results:first", "--group-by", "lang")
    assert made == {
        "en": "en: Ticket 0 Ticket 3 Ticket 6",
        "de": "de: Ticket 1 Ticket 2 Ticket 4 Ticket 5 Ticket 7 Ticket 8",
    }
    assert batchtui("submit", "next.jsonl", "--name", "reduced", "--yes").code == 0
    parents = batchtui("status", "reduced", "--json").document["lineage"]["parents"]
    assert [one["name"] for one in parents] == ["first"]
    [ids] = (first / "home").rglob("lineage.db")
    with sqlite3.connect(ids) as connection:
        found = connection.execute("SELECT parent_id FROM ids WHERE custom_id = 'en' ORDER BY 1").fetchall()
    connection.close()
    assert [row[0] for row in found] == ["t0", "t3", "t6"]


def test_a_group_of_too_many_tokens_is_split_and_a_row_of_too_many_is_named(batchtui: Batchtui, first: Path) -> None:
    template = "{{ part }}/{{ parts }}:{% for row in rows %} {{ row.id }}{% endfor %}"
    options = ("--data", "tickets.csv", "--group-by", "lang", "--group-tokens", "30")
    made = composed(batchtui, first, template, *options)
    assert made == {
        "en-part1": "1/2: t0 t3", "en-part2": "2/2: t6",
        "de-part1": "1/3: t1 t2", "de-part2": "2/3: t4 t5", "de-part3": "3/3: t7 t8",
    }  # fmt: skip
    ran = batchtui("compose", "--template", "next.md", *options[:-1], "5", "-o", "x.jsonl")
    assert ran.code == 3
    assert "has about 13 tokens alone, more than the 5 of a group" in ran.err


def test_only_some_outcomes_are_taken(batchtui: Batchtui, first: Path) -> None:
    ran = batchtui("compose", "--template", "ask.md", "--data", "results:first", "--only", "errored", "-o", "x.jsonl")
    assert ran.code == 3
    assert "has no rows" in ran.err
    assert "only: errored" in ran.err
    ran = batchtui("compose", "--template", "ask.md", "--data", "tickets.csv", "--only", "errored", "-o", "x.jsonl")
    assert (ran.code, "--only applies to saved results" in ran.err) == (2, True)


def test_several_sets_are_one_table_with_legal_ids(batchtui: Batchtui, first: Path) -> None:
    made = composed(batchtui, first, "{{ answer }}", "--data", "results:first", "--data", "results:@last")
    assert len(made) == 18
    assert "t3" in made


def test_what_is_not_there_is_said_with_what_to_do(batchtui: Batchtui, first: Path, simulator: Simulator) -> None:
    for name, said in (("results:nothing", 'no batch or job "nothing"'), ("results:", "needs the name")):
        ran = batchtui("compose", "--template", "ask.md", "--data", name, "-o", "x.jsonl")
        assert (ran.code != 0, said in ran.err) == (True, True), ran.err
    simulator.world.retemper(Scenario(takes=900.0, requests_per_minute=0))
    batchtui.submitted(2, "late", "--name", "late")
    ran = batchtui("compose", "--template", "ask.md", "--data", "results:late", "-o", "x.jsonl")
    assert "has not ended" in ran.err
    assert "batchtui wait late" in ran.err
