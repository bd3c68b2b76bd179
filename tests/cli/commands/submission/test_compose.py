"""`batchtui compose`: from a table to a checked batch, by file, pipe or straight on to the API."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.simulator import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

AT_ONCE = Scenario(takes=0.0, requests_per_minute=0)
CSV = "Ticket ID,text\nT.1,first\nT.1,second\nT-3,third\n"
TEMPLATE = '+++\nid = "Ticket ID"\nsystem = "Be brief."\n+++\nSum up: {{ text }}\n'


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text(CSV)
    (tmp_path / "sum.md").write_text(TEMPLATE)
    return tmp_path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_requests_go_to_stdout_and_remarks_beside_it(batchtui: Batchtui, files: Path) -> None:
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv")
    assert (ran.code, [each["custom_id"] for each in lines(ran.out)]) == (0, ["T_1", "T_1-row2", "T-3"])
    assert "CSV (encoding: UTF-8; delimiter: comma; header: the first row)" in ran.err
    assert "3 requests of 3 rows" in ran.err
    assert "2 ids made legal and unique, 1 of them existed before" in ran.err


def test_composed_requests_pass_the_check(batchtui: Batchtui, files: Path) -> None:
    assert batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "-o", "out.jsonl").code == 0
    ran = batchtui("check", "out.jsonl", "--json")
    assert (ran.code, ran.document["requests"], ran.document["problems"]) == (0, 3, [])


def test_the_document_says_what_was_made(batchtui: Batchtui, files: Path) -> None:
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "-o", "out.jsonl", "--json")
    document = ran.document
    assert (ran.code, document["output"], document["requests"], document["rows"]) == (0, "out.jsonl", 3, 3)
    assert document["table"]["columns"] == ["Ticket ID", "text"]
    assert (document["ids"]["column"], document["ids"]["changed"]) == ("Ticket ID", 2)
    assert document["prefix"]["ends_in"] == "the beginning of prompt"
    assert document["models"] == {"claude-sonnet-5-5": 3}
    assert (files / "out.jsonl").stat().st_size == document["bytes"] + 3


def test_wrong_rows_are_listed_and_nothing_is_written(batchtui: Batchtui, files: Path) -> None:
    (files / "tickets.csv").write_text(CSV + "T-4\nT-5,\n")
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "-o", "out.jsonl")
    assert (ran.code, (files / "out.jsonl").exists()) == (3, False)
    assert "tickets.csv:5: error row-ragged" in ran.err
    assert list(files.glob("**/*.part")) == []
    assert batchtui("compose", "--template", "sum.md", "--data", "tickets.csv").out == ""
    skipped = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "--skip-wrong")
    assert (skipped.code, len(lines(skipped.out))) == (0, 4)


def test_a_preview_of_a_folder_names_its_files(batchtui: Batchtui, files: Path) -> None:
    folder = files / "docs"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(name)
    (files / "plain.md").write_text("Summarise.")
    asked = ("compose", "--template", "plain.md", "--data", "docs", "--preview", "2")
    heads = [line for line in batchtui(*asked).out.splitlines() if line.startswith("──")]
    assert [head.rpartition("/")[2] for head in heads] == [
        "a.txt, row 1 (line 1): a_txt",
        "b.txt, row 2 (line 1): b_txt",
    ]
    assert [row["file"].rpartition("/")[2] for row in batchtui(*asked, "--json").document["preview"]] == [
        "a.txt",
        "b.txt",
    ]


def test_a_misspelt_column_is_one_sentence(batchtui: Batchtui, files: Path) -> None:
    (files / "sum.md").write_text("{{ txt }}")
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "--json")
    assert (ran.code, ran.document["error"]["type"]) == (3, "input")
    assert 'did you mean "text"' in ran.document["error"]["message"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--template", "clasify_bulk", "--data", "tickets.csv"), 'Did you mean "classify_bulk"'),
        (("--data", "tickets.csv"), "needs a template"),
        (("--template", "sum.md"), "Pass the data"),
        (("--template", "sum.md", "--data", "tickets.csv", "--yes"), "need --submit"),
        (("--template", "sum.md", "--data", "tickets.csv", "--submit", "-o", "-"), "cannot go to stdout"),
        (("--template", "sum.md", "--data", "tickets.csv", "--field", "a:blob"), 'unknown type "blob"'),
        (("--template", "sum.md", "--data", "tickets.csv", "--save", "../x"), "not a valid template name"),
    ],
)
def test_wrong_usage_is_said(args: tuple[str, ...], said: str, batchtui: Batchtui, files: Path) -> None:
    ran = batchtui("compose", *args)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_uncertain_detections_are_shown_before_composing(batchtui: Batchtui, files: Path) -> None:
    (files / "who.csv").write_text("Anna,Berlin\nBert,Bonn\n")
    (files / "plain.md").write_text("Ask {{ Berlin }}")
    args = ("compose", "--template", "plain.md", "--data", "who.csv")
    assert "header: first row? yes, because" in batchtui(*args).err
    assert batchtui(*args, "--preview", "1", "--json").document["doubts"][0]["option"] == "--no-header"
    assert "first row?" not in batchtui(*args, "--header").err


def test_skipped_rows_are_counted(batchtui: Batchtui, files: Path) -> None:
    (files / "tickets.csv").write_text("A report\n\n" + CSV + ",\n,\n\nTotal: 3\n")
    args = ("compose", "--template", "sum.md", "--data", "tickets.csv")
    ran = batchtui(*args)
    assert (ran.code, len(lines(ran.out))) == (0, 3)
    assert "left out: 3 blank rows, 1 lines below the table" in ran.err
    document = batchtui(*args, "-o", "o.jsonl", "--json").document
    assert document["left_out"] == {"blank rows": 3, "lines below the table": 1}


def test_a_preview_refuses_what_a_submission_refuses(batchtui: Batchtui, files: Path) -> None:
    (files / "sum.md").write_text("{{ request.promt }}")
    (files / "results.csv").write_text("custom_id,request.prompt\nr,Ask\n")
    asked = ("compose", "--template", "sum.md", "--data", "results.csv")
    previewed, submitted = batchtui(*asked, "--preview", "1"), batchtui(*asked, "--submit", "--yes")
    assert (previewed.code, submitted.code) == (3, 3)
    assert 'did you mean "request.prompt"' in previewed.err
    assert previewed.err.splitlines()[-2:] == submitted.err.splitlines()[-2:]


def test_several_files_and_patterns_are_one_table(batchtui: Batchtui, files: Path) -> None:
    (files / "more.csv").write_text("Ticket ID,text\nT-9,ninth\n")
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "more.csv")
    assert [each["custom_id"] for each in lines(ran.out)] == ["T_1", "T_1-row2", "T-3", "T-9"]
    assert len(lines(batchtui("compose", "--template", "sum.md", "--data", "*.csv").out)) == 4
    assert batchtui("compose", "--template", "sum.md", "--data", "no*.csv").code == 3


def test_an_existing_file_is_not_replaced_unasked(batchtui: Batchtui, files: Path) -> None:
    (files / "out.jsonl").write_text("mine")
    args = ("compose", "--template", "sum.md", "--data", "tickets.csv", "-o", "out.jsonl")
    assert (batchtui(*args).code, (files / "out.jsonl").read_text()) == (1, "mine")
    assert batchtui(*args, "--overwrite").code == 0
    assert len(lines((files / "out.jsonl").read_text())) == 3


def test_a_preview_shows_rows_as_they_would_be_sent(batchtui: Batchtui, files: Path) -> None:
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "--preview", "2")
    assert ran.out.splitlines()[:3] == ["── row 1 (line 2): T_1", "system: Be brief.", "user: Sum up: first"]
    document = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "--preview", "2", "--json").document
    assert [row["request"]["custom_id"] for row in document["preview"]] == ["T_1", "T_1-row2"]


def test_a_preview_keeps_what_would_drive_a_terminal(batchtui: Batchtui, files: Path) -> None:
    (files / "tickets.csv").write_text("Ticket ID,text\n1,\x1b]0;owned\x07\x1b[2J\n")
    ran = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "--preview", "1")
    assert "\x1b" not in ran.out
    assert "owned" in ran.out


def test_a_template_is_saved_with_what_the_options_say(batchtui: Batchtui, files: Path, home: Path) -> None:
    args = ("--model", "cheap", "--field", "label:bug|wish", "--cache", "--id", "text")
    ran = batchtui("compose", "--template", "sum.md", "--save", "tickets", "--json", *args)
    assert (ran.code, ran.document["template"]["version"]) == (0, 1)
    assert (home / "templates" / "tickets.md").is_file()
    [made, *_] = lines(batchtui("compose", "--template", "tickets", "--data", "tickets.csv").out)
    params = made["params"]
    assert (made["custom_id"], params["model"]) == ("first", "claude-haiku-5-5")
    assert "enum" in json.dumps(params["output_config"])
    assert "1h" in json.dumps(params["system"])
    assert (
        batchtui("compose", "--template", "tickets", "--save", "tickets", "--json").document["template"]["version"] == 2
    )
    names = {each["name"]: each["own"] for each in batchtui("compose", "--list", "--json").document}
    assert names["tickets"]
    assert not names["classify_bulk"]
    assert "tickets" in batchtui("compose", "--list").out


def test_a_task_file_needs_no_template(batchtui: Batchtui, files: Path) -> None:
    tasks = [{"task_id": "a b", "task_type": "classify_bulk", "input_data": ["x"], "model_tier": "premium"}]
    (files / "tasks.json").write_text(json.dumps(tasks))
    [made] = lines(batchtui("compose", "--data", "tasks.json").out)
    assert (made["custom_id"], made["params"]["model"]) == ("a_b", "claude-opus-5-5")


def test_a_table_comes_through_a_pipe(batchtui: Batchtui, files: Path) -> None:
    ran = batchtui.process("compose", "--template", "sum.md", "--data", "-", stdin=CSV)
    assert (ran.code, len(lines(ran.out))) == (0, 3)


@pytest.mark.parametrize("scenario", [AT_ONCE])
def test_composed_and_submitted_in_one_go(batchtui: Batchtui, files: Path, simulator: Simulator) -> None:
    args = ("--template", "sum.md", "--data", "tickets.csv", "--submit")
    assert batchtui("compose", *args).code == 2  # nobody to ask
    assert batchtui("compose", *args, "--yes", "--max-cost", "0").code == 3
    ran = batchtui("compose", *args, "--yes", "--tag", "t", "--json")
    assert (ran.code, ran.document["job"]["name"], ran.document["job"]["requests"]) == (0, "tickets", 3)
    assert ran.document["batches"][0]["tags"] == ["t"]
    assert batchtui("compose", *args, "--yes").code == 3  # submitted before
    assert batchtui("wait", "@last", "--poll-interval", "0.01").code == 0
    rows = list(csv.DictReader(io.StringIO(batchtui("results", "@last", "--format", "csv").out)))
    assert [(row["custom_id"], row["original_id"]) for row in rows] == [
        ("T_1", "T.1"), ("T_1-row2", "T.1"), ("T-3", "T-3"),
    ]  # fmt: skip


def test_one_request_goes_first_where_that_is_wished(batchtui: Batchtui, files: Path, simulator: Simulator) -> None:
    args = ("--template", "sum.md", "--data", "tickets.csv", "--cache", "--submit", "--prime", "--yes")
    first, second = batchtui("compose", *args, "--json").document["batches"]
    assert (first["requests"], second["requests"], second["state"]) == (1, 2, "planned")
    assert "priming" in second["reason"]
    assert first["source"] == "tickets.csv · sum.md"


@pytest.mark.parametrize("scenario", [AT_ONCE])
def test_originals_are_found_whichever_way_the_requests_went(
    batchtui: Batchtui, files: Path, simulator: Simulator
) -> None:
    made = batchtui("compose", "--template", "sum.md", "--data", "tickets.csv").out
    (files / "moved.jsonl").write_text(made)
    assert batchtui("submit", "moved.jsonl", "--yes", "--model", "claude-haiku-5-5", "--max-requests", "2").code == 0
    assert batchtui("wait", "@last", "--poll-interval", "0.01").code == 0
    ran = batchtui("results", "moved", "--with-requests")
    assert {each["custom_id"]: each["original_id"] for each in lines(ran.out)}["T_1-row2"] == "T.1"
    rows = lines(batchtui("results", "moved", "--fields", "original_id,custom_id").out)
    assert sorted(str(row["original_id"]) for row in rows) == ["T-3", "T.1", "T.1"]


@pytest.mark.parametrize("scenario", [AT_ONCE])
def test_a_job_whose_ids_are_its_own_has_no_column_for_others(
    batchtui: Batchtui, files: Path, simulator: Simulator, home: Path
) -> None:
    (files / "tickets.csv").write_text("Ticket ID,text\nT-1,x\nT-2,y\n")
    assert batchtui("compose", "--template", "sum.md", "--data", "tickets.csv", "--submit", "--yes").code == 0
    assert batchtui("wait", "@last", "--poll-interval", "0.01").code == 0
    assert "original_id" not in batchtui("results", "@last", "--format", "csv").out
    assert list((home / "originals").glob("*.jsonl")) == []
