"""Every endpoint over plain HTTP: shapes, headers, sentences and limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from batchtui.simulator import SCENARIOS, Simulator
from tests.simulator import shapes
from tests.simulator.calling import BATCHES, HEADERS, client, params, requests

if TYPE_CHECKING:
    import httpx2

    from batchtui.simulator import TurnedClock

LONG_ENOUGH = 2 * 3_600.0


def _fits(value: object, shape: dict[str, Any]) -> None:
    Draft202012Validator(shape).validate(value)


def _create(http: httpx2.Client, count: int = 3, **changes: Any) -> str:
    answer = http.post(BATCHES, json={"requests": requests(count, **changes)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_created_batch_is_in_progress_with_all_its_requests(http: httpx2.Client) -> None:
    batch = http.post(BATCHES, json={"requests": requests(3)}).json()
    _fits(batch, shapes.BATCH)
    assert (batch["processing_status"], batch["request_counts"]["processing"]) == ("in_progress", 3)


def test_a_running_batch_says_when_to_ask_again(http: httpx2.Client, clock: TurnedClock) -> None:
    batch_id = _create(http)
    running = http.get(f"{BATCHES}/{batch_id}")
    clock.turn(LONG_ENOUGH)
    ended = http.get(f"{BATCHES}/{batch_id}")
    _fits(ended.json(), shapes.BATCH)
    assert (running.headers.get("retry-after"), ended.headers.get("retry-after")) == ("10", None)


def test_every_answer_carries_the_headers_worth_keeping(http: httpx2.Client) -> None:
    headers = http.get(BATCHES).headers
    assert headers["request-id"].startswith("req_01")
    for name in ("anthropic-organization-id", "anthropic-workspace-id", "anthropic-ratelimit-requests-remaining"):
        assert headers[name]


def test_the_date_is_that_of_the_service_and_not_of_this_machine(http: httpx2.Client) -> None:
    assert http.get(BATCHES).headers["date"] == "Sat, 21 Nov 2026 09:00:00 GMT"


def test_a_results_url_is_absolute_and_carries_the_prefix(clock: TurnedClock) -> None:
    with Simulator(clock=clock, prefix="/gateway/v9") as simulator, client(simulator) as http:
        batch_id = _create(http)
        clock.turn(LONG_ENOUGH)
        url = http.get(f"{BATCHES}/{batch_id}").json()["results_url"]
        assert url == f"{simulator.url}{BATCHES}/{batch_id}/results"


def test_a_results_url_can_name_a_foreign_host(clock: TurnedClock) -> None:
    foreign = replace(SCENARIOS["quiet-night"], results_host="https://elsewhere.example")
    with Simulator(foreign, clock=clock) as simulator, client(simulator) as http:
        batch_id = _create(http)
        clock.turn(LONG_ENOUGH)
        url = http.get(f"{BATCHES}/{batch_id}").json()["results_url"]
        assert url == f"https://elsewhere.example{BATCHES}/{batch_id}/results"


def test_the_list_is_newest_first_and_pages_both_ways(http: httpx2.Client) -> None:
    ids = [_create(http, 1) for _ in range(5)][::-1]
    first = http.get(BATCHES, params={"limit": 2}).json()
    older = http.get(BATCHES, params={"limit": 2, "after_id": first["last_id"]}).json()
    last = http.get(BATCHES, params={"limit": 2, "after_id": older["last_id"]}).json()
    back = http.get(BATCHES, params={"limit": 2, "before_id": older["first_id"]}).json()
    _fits(first, shapes.BATCH_PAGE)
    pages = [[batch["id"] for batch in page["data"]] for page in (first, older, last, back)]
    assert pages == [ids[:2], ids[2:4], ids[4:], ids[:2]]
    assert [page["has_more"] for page in (first, older, last, back)] == [True, True, False, False]


def test_an_empty_list_names_no_ids(http: httpx2.Client) -> None:
    assert http.get(BATCHES).json() == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_holds_one_to_a_thousand(http: httpx2.Client, limit: str) -> None:
    answer = http.get(BATCHES, params={"limit": limit})
    _fits(answer.json(), shapes.ERROR)
    assert (answer.status_code, answer.json()["error"]["message"][:6]) == (400, "limit:")


def test_cancel_answers_with_a_canceling_batch(http: httpx2.Client) -> None:
    batch = http.post(f"{BATCHES}/{_create(http)}/cancel").json()
    _fits(batch, shapes.BATCH)
    assert (batch["processing_status"], batch["cancel_initiated_at"]) == ("canceling", batch["created_at"])


def test_only_an_ended_batch_can_be_deleted_and_then_it_is_gone(http: httpx2.Client, clock: TurnedClock) -> None:
    batch_id = _create(http)
    early = http.delete(f"{BATCHES}/{batch_id}")
    clock.turn(LONG_ENOUGH)
    deleted = http.delete(f"{BATCHES}/{batch_id}")
    _fits(deleted.json(), shapes.DELETED)
    assert (early.status_code, early.json()["error"]["type"]) == (400, "invalid_request_error")
    assert http.get(f"{BATCHES}/{batch_id}").status_code == 404
    assert http.get(BATCHES).json()["data"] == []


def test_results_come_as_lines_in_an_order_of_their_own(http: httpx2.Client, clock: TurnedClock) -> None:
    batch_id = _create(http, 40)
    clock.turn(LONG_ENOUGH)
    answer = http.get(f"{BATCHES}/{batch_id}/results")
    lines = [json.loads(line) for line in answer.content.splitlines()]
    for line in lines:
        _fits(line, shapes.RESULT_LINE)
    names = [line["custom_id"] for line in lines]
    assert answer.headers["content-type"] == "application/x-jsonl"
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''{batch_id}_results.jsonl"
    assert names != sorted(names, key=lambda name: int(name[2:]))
    assert set(names) == {f"r-{number}" for number in range(40)}


def test_there_are_no_results_before_the_end(http: httpx2.Client) -> None:
    batch_id = _create(http)
    answer = http.get(f"{BATCHES}/{batch_id}/results")
    _fits(answer.json(), shapes.ERROR)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Message Batch {batch_id} has no available results."


def test_archived_results_are_gone_and_the_batch_says_so(http: httpx2.Client, clock: TurnedClock) -> None:
    batch_id = _create(http)
    clock.turn(29 * 86_400)
    assert http.get(f"{BATCHES}/{batch_id}").json()["archived_at"].startswith("2026-12-20T09:00:00")
    assert http.get(f"{BATCHES}/{batch_id}/results").status_code == 404


def test_every_outcome_has_its_published_shape(clock: TurnedClock) -> None:
    mixed = replace(
        SCENARIOS["half-fail"], takes=60 * 3_600.0, truncated=0.1, refused=0.1, paused=0.1, errored={"api_error": 0.2}
    )
    with Simulator(mixed, clock=clock) as simulator, client(simulator) as http:
        batch_id = _create(http, 60)
        clock.turn(24 * 3_600)
        lines = [json.loads(line) for line in http.get(f"{BATCHES}/{batch_id}/results").content.splitlines()]
    for line in lines:
        _fits(line, shapes.RESULT_LINE)
    assert {line["result"]["type"] for line in lines} == {"succeeded", "errored", "expired"}


def test_one_message_is_answered_at_once(http: httpx2.Client) -> None:
    message = http.post("/v1/messages", json=params()).json()
    _fits(message, shapes.MESSAGE)
    assert message["usage"]["service_tier"] == "standard"


def test_tokens_are_counted_without_max_tokens(http: httpx2.Client) -> None:
    question = {name: value for name, value in params().items() if name != "max_tokens"}
    assert http.post("/v1/messages/count_tokens", json=question).json() == {"input_tokens": 6}


def test_models_tell_which_of_them_retire(http: httpx2.Client) -> None:
    page = http.get("/v1/models", params={"limit": 1000}).json()
    for model in page["data"]:
        _fits(model, shapes.MODEL)
    by_id = {model["id"]: model for model in page["data"]}
    assert by_id["claude-sonnet-4-5-20250929"]["retires_at"] == "2026-11-30T00:00:00Z"
    assert by_id["claude-opus-4-20250514"]["lifecycle"] == "retired"


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"anthropic-version": "2026-10-21"}, 401, "authentication_error"),
        ({"anthropic-version": "2026-10-21", "x-api-key": "sk-ant-bad"}, 401, "authentication_error"),
        ({"x-api-key": "sk-ant-test"}, 400, "invalid_request_error"),
        ({"x-api-key": "sk-ant-test", "anthropic-version": "1999-01-01"}, 400, "invalid_request_error"),
        ({"authorization": "Bearer anything", "anthropic-version": "2023-06-01"}, 200, None),
    ],
    ids=["no key", "bad key", "no version", "unknown version", "bearer"],
)
def test_a_key_and_a_version_are_needed_and_nothing_more(
    simulator: Simulator, headers: dict[str, str], status: int, kind: str | None
) -> None:
    with client(simulator) as http:
        http.headers.clear()
        answer = http.get(BATCHES, headers=headers)
    assert (answer.status_code, answer.json().get("error", {}).get("type")) == (status, kind)


def test_any_other_path_is_a_404_in_json(http: httpx2.Client) -> None:
    answer = http.get("/v1/nothing/here")
    _fits(answer.json(), shapes.ERROR)
    assert answer.status_code == 404


def test_the_rate_limit_says_how_long_to_wait_and_then_lets_through(clock: TurnedClock) -> None:
    with Simulator("rate-limited", clock=clock) as simulator, client(simulator) as http:
        statuses = [http.get(BATCHES).status_code for _ in range(7)]
        refused = http.get(BATCHES)
        clock.turn(int(refused.headers["retry-after"]))
        assert statuses == [200] * 6 + [429]
        assert http.get(BATCHES).status_code == 200


def test_the_account_remembers_calls_without_their_keys(simulator: Simulator, http: httpx2.Client) -> None:
    _create(http, 2)
    (call,) = simulator.world.calls_to("create")
    assert (call.method, call.path, call.status) == ("POST", BATCHES, 200)
    assert not {"x-api-key", "authorization"} & set(call.headers)
    assert simulator.world.keys_seen == {HEADERS["x-api-key"]}
    assert simulator.world.batches[0].custom_ids == ["r-0", "r-1"]
