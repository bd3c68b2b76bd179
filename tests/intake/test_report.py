"""Grouping, shapes, duplicates, models: what a report says of a whole input."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.limits import LEGACY_API_VERSION
from batchtui.domain.model import ModelInfo
from batchtui.intake import Intake
from batchtui.intake.rules.models import check_model
from tests.intake.builders import check_bytes, faults, lines, only, options, request, user

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_fault_in_many_lines_is_one_problem(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, lines(*[request(f"r.{i}") for i in range(500)]))
    problem = only(list(report.problems))
    assert (problem.count, problem.lines, problem.custom_id) == (500, (1, 2, 3, 4, 5), "r.0")
    assert (report.errors, report.warnings, report.requests) == (500, 0, 0)


def test_different_faults_are_different_problems(tmp_path: Path) -> None:
    _, report = check_bytes(
        tmp_path, lines(request("a", speed="fast"), request("b", store=True), request("c", speed=1))
    )
    assert [(each.message, each.lines) for each in report.problems] == [
        ("speed is refused in a batch", (1, 3)),
        ("store is refused in a batch", (2,)),
    ]


def test_errors_come_before_warnings(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, lines(request("a", model="claude-new"), request("b", stream=True)))
    assert [each.severity.value for each in report.problems] == ["error", "warning"]


def test_a_flood_of_different_faults_stays_small(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, lines(*[request(f"r{i}", **{f"key{i}": 1}) for i in range(3000)]))
    assert len(report.problems) <= 1001
    assert report.errors == 3000


@pytest.mark.long
def test_a_flood_of_unknown_models_is_guessed_at_no_longer_than_anybody_reads(tmp_path: Path) -> None:
    """A guess takes a millisecond; what comes after a thousand of them is merged anyway."""
    (warning,) = check_model("claude-opus-5-6", options(), guesses=True).faults
    (plain,) = check_model("claude-opus-5-6", options(), guesses=False).faults
    assert (warning.hint[:12], plain.hint) == ("did you mean", "batchtui models lists what your key can use")
    good, report = check_bytes(tmp_path, lines(*[request(f"r{i}", model=f"claude-x-{i}") for i in range(3000)]))
    assert (len(good), report.warnings, sum(report.models.values())) == (3000, 3000, 3000)
    assert len(report.problems) <= 1001


def test_models_of_requests_that_cannot_be_sent_are_not_counted(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, lines(request("a"), request("b", model="claude-haiku-5-5", stream=True)))
    assert report.models == {"claude-sonnet-5-5": 1}


def test_a_file_reads_as_its_shapes(tmp_path: Path) -> None:
    values = [request(f"a{i}") for i in range(3)]
    values += [request(f"b{i}", system="Be kind", messages=[user("one", "two")]) for i in range(2)]
    values += [request("c", tools=[{"name": "weather", "input_schema": {"type": "object"}}], metadata={})]
    good, report = check_bytes(tmp_path, lines(*values))
    assert [(each.count, each.skeleton, each.custom_id, each.line) for each in report.shapes] == [
        (3, "claude-sonnet-5-5 · user", "a0", 1),
        (2, "claude-sonnet-5-5 · system · user(text…)", "b0", 4),
        (1, "claude-sonnet-5-5 · user · tools: weather · metadata", "c", 6),
    ]
    assert [each.shape for each in good] == [1, 1, 1, 2, 2, 3]
    assert report.shapes[1].payload == good[3].payload


def test_the_order_of_keys_makes_no_shape(tmp_path: Path) -> None:
    turned = {"custom_id": "b", "params": dict(reversed(request()["params"].items()))}
    _, report = check_bytes(tmp_path, lines(request("a"), turned))
    assert [each.count for each in report.shapes] == [2]


def test_long_conversations_are_one_shape(tmp_path: Path) -> None:
    turns: list[dict[str, Any]] = [{"role": ("user", "assistant")[i % 2], "content": "x"} for i in range(41)]
    values = [request(f"r{n}", messages=turns[:n]) for n in range(5, 41, 2)]
    _, report = check_bytes(tmp_path, lines(*values))
    assert [(each.count, each.skeleton) for each in report.shapes] == [(18, "claude-sonnet-5-5 · user, assistant, …")]


def test_a_shape_whose_first_request_was_refused_is_said_once(tmp_path: Path) -> None:
    said = [
        [{"role": role, "content": "x"} for role in ("user", "assistant") * turns] + [user("z")] for turns in (3, 4)
    ]
    refused = request("a", messages=said[0], max_tokens=10_000_000)
    _, report = check_bytes(
        tmp_path, lines(refused, request("b", messages=said[1]), request("c", messages=said[0]), request("d"))
    )
    assert [(each.id, each.count, each.custom_id) for each in report.shapes] == [(1, 2, "b"), (2, 1, "d")]


def test_shapes_and_models_never_grow_without_end(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, lines(*[request(f"r{i}", model=f"m{i}") for i in range(1500)]))
    assert len(report.shapes) == 300
    assert len(report.models) == 1001
    assert sum(each.count for each in report.shapes) == sum(report.models.values()) == 1500


def test_requests_are_counted_by_model(tmp_path: Path) -> None:
    values = [request("a"), request("b", model="claude-opus-5-5"), request("c", model="claude-opus-5-5")]
    _, report = check_bytes(tmp_path, lines(*values))
    assert list(report.models.items()) == [("claude-opus-5-5", 2), ("claude-sonnet-5-5", 1)]


def test_bytes_are_those_of_the_payloads(tmp_path: Path) -> None:
    good, report = check_bytes(tmp_path, lines(request("a"), request("b", x=1)))
    assert report.bytes == sum(len(each.payload) for each in good)


def test_duplicates_become_problems_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(lines(request("a"), request("b")))
    (tmp_path / "two").write_bytes(b"\n" + lines(request("a"), request("c"), request("c")))
    intake = Intake([str(tmp_path / "one"), str(tmp_path / "two")], options())
    assert sum(len(block) for block in intake.blocks()) == 5
    intake.note_duplicates(iter([("a", [1, 3]), ("c", (4, 5))]))
    problem = only(list(intake.report().problems))
    assert (problem.code, problem.custom_id, problem.lines, problem.count) == ("custom-id-duplicate", "a", (2, 4), 2)
    assert problem.file == str(tmp_path / "two")
    assert str(tmp_path / "one") + ":1" in problem.message


def test_a_report_says_when_only_the_newer_api_version_refuses(tmp_path: Path) -> None:
    content = lines(request("a", model="claude-haiku-4-5", temperature=0.2, top_k=40), request("b"))
    _, report = check_bytes(tmp_path, content)
    assert (report.needs_legacy_version, report.errors) == (True, 2)
    _, report = check_bytes(tmp_path, content, api_version=LEGACY_API_VERSION)
    assert (report.needs_legacy_version, report.problems) == (False, ())


def test_the_older_version_is_no_advice_for_a_model_that_refuses_it_there_too(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, lines(request("a", model="claude-sonnet-5", temperature=0.2), request("b")))
    assert (report.needs_legacy_version, report.errors) == (False, 1)
    assert "--api-version" not in report.problems[0].hint


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (ModelInfo("claude-new-9", "New", lifecycle="active"), None),
        (ModelInfo("claude-new-9", "New", lifecycle="retired"), "model-retired"),
        (ModelInfo("claude-new-9", "New", batches=False), "model-without-batches"),
        (ModelInfo("claude-new-9", "New", max_tokens=50), "max-tokens-limit"),
        (ModelInfo("claude-new-9", "New", lifecycle="deprecated", retires_at=date(2026, 12, 1)), "model-retiring"),
        (ModelInfo("claude-new-9-20261101", "New", lifecycle="active"), None),
    ],
)
def test_the_list_of_the_key_decides(info: ModelInfo, code: str | None, tmp_path: Path) -> None:
    found = faults(tmp_path, request(model="claude-new-9"), models={info.id: info})
    assert [each.code for each in found] == ([code] if code else [])


def test_a_model_answers_on_its_last_day_and_not_on_the_next(tmp_path: Path) -> None:
    value = request(model="claude-3-opus-20240229")
    assert only(faults(tmp_path, value, today=date(2026, 1, 6))).code == "model-retired"
    assert only(faults(tmp_path, value, today=date(2026, 1, 5))).code == "model-retiring"


def test_dated_names_and_names_are_known_alike(tmp_path: Path) -> None:
    assert faults(tmp_path, request(model="claude-haiku-4-5"), request(model="claude-haiku-4-5-20251001")) == []


TASKS: list[dict[str, Any]] = [
    {"task_id": "t-1", "task_type": "analyze_logs", "input_data": {"log": "boom <&> {{ 7 }}"}, "model_tier": "cheap"},
    {"task_id": 2, "task_type": "nobody_knows_it", "input_data": "raw text"},
]


@pytest.mark.parametrize("content", [lines(*TASKS), json.dumps(TASKS).encode()])
def test_tasks_become_requests(content: bytes, tmp_path: Path) -> None:
    good, report = check_bytes(tmp_path, content, tiers={"cheap": "claude-haiku-4-5"})
    first, second = (json.loads(each.payload) for each in good)
    assert (report.problems, good[0].model) == ((), "claude-haiku-4-5")
    assert "boom <&> {{ 7 }}" in first["params"]["messages"][0]["content"]
    assert first["params"]["system"]
    assert second == {
        "custom_id": "2",
        "params": {
            "model": "claude-sonnet-5-5",
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": "raw text"}],
        },
    }


def test_the_users_template_goes_before_ours(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "analyze_logs.md").write_text("---\nsystem: Short.\nmax_tokens: 9\n---\nLog: {{ log }}\n", "utf-8")
    good, _ = check_bytes(tmp_path, lines(*TASKS), templates=templates)
    assert json.loads(good[0].payload)["params"] == {
        "model": "claude-haiku-5-5",
        "max_tokens": 9,
        "system": "Short.",
        "messages": [{"role": "user", "content": "Log: boom <&> {{ 7 }}"}],
    }


@pytest.mark.parametrize(
    "kind", ["analyze_logs", "generate_report", "classify_bulk", "generate_docs", "generate_tests"]
)
def test_every_type_of_task_has_its_template(kind: str, tmp_path: Path) -> None:
    good, report = check_bytes(
        tmp_path, lines(*[{**TASKS[0], "task_id": f"t{i}", "task_type": kind} for i in range(2)])
    )
    assert (report.problems, len(good)) == ((), 2)
    assert len(json.loads(good[0].payload)["params"]["messages"][0]["content"]) > 60


@pytest.mark.parametrize(
    ("task", "code"),
    [
        ({"task_id": "a", "input_data": 1}, "task-key-missing"),
        ({**TASKS[0], "model_tier": "golden"}, "task-tier"),
        ({**TASKS[0], "task_id": "a b"}, "custom-id-pattern"),
        ({**TASKS[0], "task_type": "broken"}, "task-template"),
        ({**TASKS[0], "task_type": "open"}, "task-template"),
        ({**TASKS[0], "task_type": "escape"}, "task-template"),
        ({**TASKS[1], "input_data": ""}, "empty-text"),
    ],
)
def test_a_wrong_task_is_named(task: dict[str, Any], code: str, tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_text("{{ no_such_key }}", "utf-8")
    (tmp_path / "open.md").write_text("{% if %}", "utf-8")
    (tmp_path / "escape.md").write_text("{{ ''.__class__.__mro__ }}", "utf-8")
    problem = only(faults(tmp_path, request("before"), task, templates=tmp_path))
    assert (problem.code, problem.line) == (code, 2)


def test_a_type_of_task_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret", "utf-8")
    (tmp_path / "templates").mkdir()
    task = {**TASKS[1], "task_type": "../secret"}
    good, _ = check_bytes(tmp_path, lines(task), templates=tmp_path / "templates")
    assert b"secret" not in good[0].payload


def test_the_model_of_the_job_goes_before_the_tier(tmp_path: Path) -> None:
    good, _ = check_bytes(tmp_path, lines(*TASKS), model="claude-opus-5-5", max_tokens=5)
    assert {(each.model, each.max_tokens) for each in good} == {("claude-opus-5-5", 5)}
