"""What the API refuses hours later is an error before anything is sent, and the simulator refuses it, too.

`check` and the simulator know the same facts and share no code: each is the other's witness.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.submission.problem import Severity
from batchtui.intake.rules import json_schemas
from batchtui.simulator.validation.late import Terms, find_problem
from tests.intake.builders import check_bytes, lines
from tests.support.request_cases import GOOD, REFUSED, Case

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.submission.problem import Problem

TODAY = date(2026, 11, 30)
CASES = [pytest.param(code, case, id=f"{code}-{n}") for code, cases in REFUSED.items() for n, case in enumerate(cases)]


def problems_of(folder: Path, case: Case) -> list[Problem]:
    """What is said about the request, which stands in the second line."""
    content = lines({"custom_id": "a", "params": GOOD["plain"].params}, {"custom_id": "b", "params": case.params})
    _, report = check_bytes(folder, content, api_version=case.api_version, betas=case.betas, today=TODAY)
    return list(report.problems)


def errors_of(folder: Path, case: Case) -> list[Problem]:
    return [problem for problem in problems_of(folder, case) if problem.severity is Severity.ERROR]


def refusal_of(case: Case) -> str:
    """What the simulator says when the batch has ended; empty where it answers."""
    problem = find_problem(case.params, Terms(case.api_version, frozenset(case.betas)), day=TODAY)
    return problem.message if problem else ""


@pytest.mark.parametrize(("code", "case"), CASES)
def test_a_request_that_would_fail_is_an_error_in_its_line(code: str, case: Case, tmp_path: Path) -> None:
    found = errors_of(tmp_path, case)
    assert code in {problem.code for problem in found}
    assert {problem.line for problem in found} == {2}
    assert all(problem.message and problem.hint for problem in found)


@pytest.mark.parametrize(("code", "case"), CASES)
def test_the_simulator_refuses_what_is_an_error(code: str, case: Case) -> None:
    assert refusal_of(case)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_request_is_not_blamed(name: str, tmp_path: Path) -> None:
    assert errors_of(tmp_path, GOOD[name]) == []


@pytest.mark.parametrize("name", GOOD)
def test_the_simulator_answers_a_good_request(name: str) -> None:
    assert refusal_of(GOOD[name]) == ""


def followed(case: Case, hint: str) -> Case | None:
    """The request as a hint would have it; None where the hint calls for a person's judgement."""
    params = case.params
    if version := re.search(r"--api-version (\S+?)[,.]?(?: |$)", hint):
        return replace(case, api_version=version[1])
    if beta := re.search(r"--beta ([a-z0-9-]+)", hint):
        return replace(case, betas=(*case.betas, beta[1]))
    if model := re.search(r"such as (claude\S+)", hint):
        return replace(case, params={**params, "model": model[1]})
    if (kind := re.search(r'^use \{"type": "(adaptive|between_tools|auto)"\}', hint)) is not None:
        key = "tool_choice" if kind[1] == "auto" else "thinking"
        return replace(case, params={**params, key: {"type": kind[1]}})
    return None


FOLLOWED = [
    pytest.param(code, case, id=f"{code}-{n}")
    for code, cases in REFUSED.items()
    if code in {"model-retired", "thinking-refused", "sampling-removed", "tool-choice-refused", "max-tokens-limit",
                "sampling-model", "tool-choice-thinking"}
    for n, case in enumerate(cases)
]  # fmt: skip


@pytest.mark.parametrize(("code", "case"), FOLLOWED)
def test_a_hint_leads_into_no_other_refusal(code: str, case: Case, tmp_path: Path) -> None:
    hint = next(problem.hint for problem in errors_of(tmp_path, case) if problem.code == code)
    better = followed(case, hint)
    assert better is None or errors_of(tmp_path, better) == []


@pytest.mark.parametrize("code", ["unknown-key", "header-key", "misplaced-key", "foreign-key", "sdk-only-key"])
def test_a_hint_never_offers_the_key_it_complains_of(code: str, tmp_path: Path) -> None:
    for case in REFUSED[code]:
        for problem in errors_of(tmp_path, case):
            key = problem.message.split(" ")[0].split(".")[-1].strip(":")
            assert f'"{key}"' not in problem.hint, problem


def test_a_schema_is_looked_at_once_however_many_requests_send_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    look = json_schemas._looked_into

    def noted(schema: dict[str, Any], *, is_strict: bool, is_tool: bool) -> json_schemas.SchemaVerdict:
        looked.append(schema)
        return look(schema, is_strict=is_strict, is_tool=is_tool)

    monkeypatch.setattr(json_schemas, "_looked_into", noted)
    good = GOOD["structured output"].params
    tools = [{"name": "t", "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}}}]
    values = [{"custom_id": f"r{n}", "params": {**good, "tools": tools, "max_tokens": n + 1}} for n in range(300)]
    check_bytes(tmp_path, b"".join(json.dumps(value).encode() + b"\n" for value in values))
    assert len(looked) == 2
