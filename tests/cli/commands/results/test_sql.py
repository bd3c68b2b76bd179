"""`batchtui sql`: questions over saved results, answered exactly, which see no file and change nothing."""

from __future__ import annotations

import csv
import io
import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.simulator import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

CSV = "id,lang,text\n" + "".join(f"t{n},{'de' if n % 3 else 'en'},Ticket {n}\n" for n in range(9))


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=0.0, requests_per_minute=0)


@pytest.fixture
def first(batchtui: Batchtui, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job `first` of structured answers that was composed from a table, with its results saved."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text(CSV)
    (tmp_path / "ask.md").write_text('+++\nid = "id"\nsystem = "Be brief."\n+++\nSum up: {{ text }}\n')
    sent = ("--data", "tickets.csv", "--field", "topic:billing|login", "--field", "score:integer", "--submit")
    assert batchtui("compose", "--template", "ask.md", *sent, "--name", "first", "--yes").code == 0
    assert batchtui("wait", "first").code == 0
    return tmp_path


def asked(batchtui: Batchtui, sql: str) -> list[dict[str, Any]]:
    ran = batchtui("sql", sql, "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.document
    return found


def test_columns_say_what_exports_say(batchtui: Batchtui, first: Path) -> None:
    fields = "custom_id,outcome,text,model,stop_reason,input_tokens,output_tokens,answer.topic,answer.score"
    exported = {
        row["custom_id"]: row
        for row in map(json.loads, batchtui("results", "first", "--fields", fields).out.splitlines())
    }
    rows = asked(batchtui, "select * from results('first') order by custom_id")
    assert [row["custom_id"] for row in rows] == sorted(exported)
    for row in rows:
        one = exported[row["custom_id"]]
        assert (row["outcome"], row["answer"], row["model"], row["stop_reason"]) == (
            one["outcome"], one["text"], one["model"], one["stop_reason"],
        )  # fmt: skip
        assert (row["tokens_in"], row["tokens_out"]) == (one["input_tokens"], one["output_tokens"])
        assert (row["answer.topic"], row["answer.score"]) == (one["answer.topic"], one["answer.score"])
        assert row["cost"] > 0
    assert {row["custom_id"]: row["lang"] for row in rows}["t3"] == "en"


def test_requests_and_several_jobs_are_joined_in_one_query(batchtui: Batchtui, first: Path) -> None:
    rows = asked(
        batchtui,
        "select r.custom_id, q.prompt, q.system, q.max_tokens > 0 as limited, b.outcome from results('first') r"
        " join requests('first') q using (custom_id) join results('@last') b using (custom_id) order by 1 limit 1",
    )
    assert rows == [
        {
            "custom_id": "t0",
            "prompt": "Sum up: Ticket 0",
            "system": "Be brief.",
            "limited": True,
            "outcome": "succeeded",
        }
    ]


def test_csv_and_files_are_exact_and_a_table_is_safe(batchtui: Batchtui, first: Path) -> None:
    cells = "'=1+1' as f, chr(27) || '[31m' as esc, null as n, [1, 2] as l"
    sql = f"select custom_id, {cells} from results('first') order by 1 limit 1"
    [row] = csv.DictReader(io.StringIO(batchtui("sql", sql, "--csv").out))
    assert row == {"custom_id": "t0", "f": "=1+1", "esc": "\x1b[31m", "n": "", "l": "[1, 2]"}
    assert "\x1b" not in batchtui("sql", sql).out
    assert batchtui("sql", sql, "-o", "out.json").code == 0
    assert json.loads((first / "out.json").read_text())[0]["l"] == [1, 2]
    ran = batchtui("sql", sql, "-o", "out.parquet", "--json")
    assert ran.document == {"output": "out.parquet", "format": "parquet", "rows": 1}
    assert (first / "out.parquet").read_bytes()[:4] == b"PAR1"
    assert batchtui("sql", sql, "-o", "out.json").code == 1
    assert batchtui("sql", "select 1 as a, 2 as a", "--json").document == [{"a": 1, "a_2": 2}]


def test_a_query_reaches_no_file(batchtui: Batchtui, home: Path) -> None:
    ran = batchtui("sql", "select * from read_text('/etc/passwd')")
    assert (ran.code, ran.out) == (3, "")
    assert "file system operations are disabled" in ran.err


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * frm x", "line 1, at `x`"),
        ("select nothing from results('first')", "nothing"),
        ("select 1 from results('nobody')", 'no batch or job "nobody"'),
        ("select\n  cast('x' as integer)", "line 2"),
    ],
)
def test_a_wrong_query_is_one_sentence_with_the_place(batchtui: Batchtui, first: Path, sql: str, said: str) -> None:
    ran = batchtui("sql", sql)
    assert ran.code != 0
    assert said in ran.err
    assert "LINE 1" not in ran.err


def test_a_query_is_saved_under_a_name_and_run_again(batchtui: Batchtui, first: Path) -> None:
    sql = "select count(*) as n from results('first')"
    assert batchtui("sql", sql, "--save", "counts").code == 0
    assert batchtui("sql", "@counts", "--json").document == [{"n": 9}]
    assert batchtui("sql", "--list", "--json").document == [{"name": "counts", "query": sql}]
    assert 'no saved query "other"' in batchtui("sql", "@other").err
    assert batchtui("sql", sql, "--save", "../evil").code == 2


@pytest.mark.long
def test_ctrl_c_ends_a_long_query_at_once(batchtui: Batchtui, home: Path, tmp_path: Path) -> None:
    process = batchtui.start(
        "sql", "select count(*) from range(100000000) a, range(100000) b where a.range * b.range = 7"
    )
    timer = threading.Timer(3.0, process.send_signal, [signal.SIGINT])
    timer.start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
