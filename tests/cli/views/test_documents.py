from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.cli.views import json_documents as documents
from batchtui.domain.costs.cost import total
from batchtui.domain.submission.problem import Problem, Severity

if TYPE_CHECKING:
    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

CONTRACT = {
    "id", "processing_status", "request_counts", "state", "job", "name", "part", "parts", "attempt", "requests",
    "created_at", "ended_at", "expires_at", "results_until", "results", "models", "tags", "source", "profile",
    "workspace_id", "cost",
}  # fmt: skip


def test_a_batch_carries_what_the_contract_says(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(3, "r", "--name", "nightly", "--tag", "eval")

    document = batchtui("status", batch_id, "--json").document

    assert set(document) >= CONTRACT
    assert {key: document[key] for key in ("id", "state", "name", "part", "parts", "attempt", "requests", "tags")} == {
        "id": batch_id, "state": "in_progress", "name": "nightly", "part": 1, "parts": 1, "attempt": 1, "requests": 3,
        "tags": ["eval"],
    }  # fmt: skip
    assert document["request_counts"] == {"processing": 3, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    assert document["workspace_id"].startswith("wrkspc_")


def test_results_can_be_had_for_29_days_after_creation(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    [document] = batchtui("list", "--json").document

    created, until = (datetime.fromisoformat(document[key]) for key in ("created_at", "results_until"))
    assert until - created == timedelta(days=29)


def test_a_submission_is_a_job_and_its_batches(batchtui: Batchtui, simulator: Simulator) -> None:
    document = batchtui("submit", batchtui.file(5), "--max-requests", "2", "--yes", "--json").document

    assert set(document) == {"job", "batches", "known"}
    assert {key: document["job"][key] for key in ("name", "requests", "parts")} == {
        "name": "tickets", "requests": 5, "parts": 3,
    }  # fmt: skip
    assert isinstance(document["job"]["cost"]["estimate"], str)
    assert document["job"]["cost"]["actual"] is None
    assert [(batch["part"], batch["requests"]) for batch in document["batches"]] == [(1, 2), (2, 2), (3, 1)]


def test_a_job_has_its_batches_and_their_counts_together(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(5, "r", "--max-requests", "2", "--name", "nightly")

    document = batchtui("status", "nightly", "--json").document

    assert set(document) == {
        "job", "batches", "request_counts", "attempts", "outcomes", "warnings", "lineage", "pilot",
    }  # fmt: skip
    assert document["request_counts"]["processing"] == 5


def test_a_check_says_requests_bytes_parts_models_shapes_and_problems(batchtui: Batchtui) -> None:
    document = batchtui("check", batchtui.file(3), "--json").document

    assert set(document) >= {"requests", "bytes", "parts", "models", "shapes", "problems"}
    assert (document["requests"], document["parts"], document["models"]) == (3, 1, {"claude-haiku-5-5": 3})


def test_a_problem_has_the_keys_of_the_contract() -> None:
    problem = Problem("f.jsonl", 3, "a", Severity.ERROR, "custom-id-pattern", "No.", "Do.", 2, (3, 9))

    document = documents.problem_document(problem)

    assert {key: document[key] for key in ("file", "line", "custom_id", "severity", "code", "message", "hint")} == {
        "file": "f.jsonl", "line": 3, "custom_id": "a", "severity": "error", "code": "custom-id-pattern",
        "message": "No.", "hint": "Do.",
    }  # fmt: skip


def test_times_are_written_in_utc_with_z() -> None:
    there = datetime(2026, 11, 21, 14, 30, tzinfo=timezone(timedelta(hours=2)))

    assert documents.moment(there) == "2026-11-21T12:30:00Z"
    assert documents.moment(None) is None


def test_dollars_are_strings_and_unknown_ones_are_null() -> None:
    assert documents.cost_document(Decimal("1E-7"), None) == {"estimate": "0.0000001", "actual": None}


def test_one_unknown_amount_makes_a_sum_unknown() -> None:
    assert total([Decimal(1), None]) is None
    assert total([]) is None
    assert total([Decimal("1.10"), Decimal("0.02")]) == Decimal("1.12")
