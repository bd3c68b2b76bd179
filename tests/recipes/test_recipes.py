"""Every recipe does what it says, from its files to its output, on a simulator where a night takes a moment."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.builders import jsonl, requests
from tests.support.workspaces import sent_custom_ids

if TYPE_CHECKING:
    from batchtui.simulator import Simulator

HERE = Path(__file__).parent
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)


def run(name: str, *arguments: str) -> None:
    """Run a recipe as `python NAME.py ARGUMENTS…` does, without the cost of another process."""
    main = runpy.run_path(str(HERE / f"{name}.py"))["main"]
    done = main(*arguments)
    if done is not None:
        asyncio.run(done)


def shell(name: str, *arguments: str) -> str:
    """Run a recipe for the shell, with this environment's batchtui on its path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    command = ["/bin/sh", str(HERE / name), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_mixed_requests_runs_as_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pixel.png").write_bytes(PIXEL)
    run("mixed_requests", "pixel.png")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "plain", "system", "turns", "image", "tool",
    ]  # fmt: skip


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_classification_runs_as_it_is_printed(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("text\nIt broke.\n«Twice» billed\n")
    run("classification", "tickets.csv", "labels.csv")
    with (tmp_path / "labels.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["custom_id"] for row in rows] == ["row-1", "row-2"]
    assert any("label" in name for name in rows[0])


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_extraction_runs_as_it_is_printed(tmp_path: Path) -> None:
    folder = tmp_path / "invoices"
    folder.mkdir()
    (folder / "a.txt").write_text("Invoice 7, 12.50 EUR")
    run("extraction", "invoices", "found.jsonl")
    assert [json.loads(line)["file"] for line in (tmp_path / "found.jsonl").read_text().splitlines()] == ["a"]


@pytest.mark.long
def test_documents_from_a_folder(simulator: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number:05}.md").write_text(f"Document {number}.")
    run("documents_from_a_folder", "documents", "summaries.jsonl")
    ids = [json.loads(line)["custom_id"] for line in (tmp_path / "summaries.jsonl").read_text().splitlines()]
    assert ids == [f"doc-{number:05}" for number in range(1, 10_001)]
    assert [len(batch) for batch in simulator.world.batches] == [5_000, 5_000]


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_shared_prefix_runs_as_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.txt").write_text("A long text about a lighthouse. " * 2_000)
    run("shared_prefix", "text.txt")
    assert int(capsys.readouterr().out.split()[0]) > 0


@pytest.mark.parametrize("scenario", ["half-fail"])
def test_the_recipe_of_retry_what_failed_runs_as_it_is_printed(
    simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonl(tmp_path / "night.jsonl", requests(40))
    run("retry_what_failed", "night.jsonl", "answers.jsonl")
    assert len(simulator.world.batches) == 3
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 40
    assert "of 40 succeeded" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.parametrize("scenario", ["conversations"])
def test_the_recipe_of_an_agent_with_a_tool_runs_as_it_is_printed(simulator: Simulator, tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
    more = {"tools": [{"name": "lookup", "input_schema": schema}]}
    jsonl(
        tmp_path / "questions.jsonl",
        [{**request, "params": {**request["params"], **more}} for request in requests(8)],
    )
    shell("agent_with_a_tool.sh", "questions.jsonl", "cat", "answers.csv")
    with (tmp_path / "answers.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["custom_id"] for row in rows] == [request["custom_id"] for request in requests(8)]
    assert {row["stop_reason"] for row in rows} == {"end_turn"}
    assert len(simulator.world.batches) > 2


@pytest.mark.long
def test_the_recipe_of_a_nightly_judge_runs_as_it_is_printed(simulator: Simulator, tmp_path: Path) -> None:
    jsonl(tmp_path / "2026-11-21.jsonl", requests(3))
    (tmp_path / "rubric.md").write_text("The answer is short and to the point.\n")
    shell("nightly.sh", "2026-11-21.jsonl", "answers.jsonl")
    for _ in range(2):
        said = shell("nightly_judge.sh", "nightly-2026-11-21", "rubric.md", "scores.csv")
    assert len(sent_custom_ids(simulator)) == 6
    assert "score: " in said
    with (tmp_path / "scores.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [1 <= float(row["score"]) <= 5 and bool(row["score.reason"]) for row in rows] == [True] * 3


def test_the_recipe_of_two_models_runs_as_it_is_printed(
    simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonl(tmp_path / "questions.jsonl", requests(3))
    run("two_models", "questions.jsonl")
    said = capsys.readouterr().out
    assert said.count("claude-") == 2
    assert len(simulator.world.batches) == 2


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_code_review_runs_as_it_is_printed(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.py").write_text("print(1)\n")
    (folder / "inner" / "b.py").write_text("print(2)\n")
    run("code_review", "code", "review.md")
    assert (tmp_path / "review.md").read_text().count("## ") == 2


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_loop_to_batch_runs_as_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    run("loop_to_batch", "5")
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.usefixtures("simulator")
def test_the_recipe_of_data_frames_runs_as_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jsonl(tmp_path / "questions.jsonl", requests(4))
    run("data_frames", "questions.jsonl", "answers.parquet")
    assert capsys.readouterr().out.startswith("4 4 [('succeeded', 4, ")


@pytest.mark.long
def test_the_recipe_of_spark_shards_runs_as_it_is_printed(simulator: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(3):
        lines = "".join(json.dumps(request) + "\n" for request in requests(5, f"s{number}"))
        (folder / f"part-0000{number}.json.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "_SUCCESS").write_text("")
    shell("spark_shards.sh", "shards", "answers.jsonl")
    assert len(sent_custom_ids(simulator)) == 15
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 15


@pytest.mark.long
def test_the_recipe_of_nightly_runs_as_it_is_printed(simulator: Simulator, tmp_path: Path) -> None:
    jsonl(tmp_path / "2026-11-21.jsonl", requests(3))
    for _ in range(2):
        shell("nightly.sh", "2026-11-21.jsonl", "answers.jsonl")
    assert len(sent_custom_ids(simulator)) == 3
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 3
