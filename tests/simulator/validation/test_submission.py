"""What is refused at once: each wrong body has its sentence, and creates nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.simulator import SCENARIOS, Simulator
from tests.simulator.calling import BATCHES, client, params, requests

if TYPE_CHECKING:
    import httpx2

    from batchtui.simulator import TurnedClock

EXTRA = "Extra inputs are not permitted"
PATTERN = "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"


def _named(custom_id: object) -> dict[str, Any]:
    return {"requests": [{"custom_id": custom_id, "params": params()}]}


WRONG: dict[str, tuple[object, str]] = {
    "not an object": ([], "Input should be a valid dictionary"),
    "no requests": ({}, "requests: Field required"),
    "not a list": ({"requests": {}}, "requests: Input should be a valid list"),
    "empty": ({"requests": []}, "requests: List should have at least 1 item"),
    "too many": (
        {"requests": [{"custom_id": str(number), "params": {}} for number in range(100_001)]},
        "requests: List should have at most 100000 items",
    ),
    "a name": ({"requests": requests(1), "name": "mine"}, f"name: {EXTRA}"),
    "request not an object": ({"requests": ["x"]}, "requests.0: Input should be a valid dictionary"),
    "no custom_id": ({"requests": [{"params": params()}]}, "requests.0.custom_id: Field required"),
    "custom_id a number": (_named(7), "requests.0.custom_id: Input should be a valid string"),
    "custom_id empty": (_named(""), "requests.0.custom_id: String should have at least 1 character"),
    "custom_id long": (_named("x" * 65), "requests.0.custom_id: String should have at most 64 characters"),
    "custom_id with a dot": (_named("a.txt"), f"requests.0.custom_id: {PATTERN}"),
    "custom_id with a line feed": (_named("a\n"), f"requests.0.custom_id: {PATTERN}"),
    "no params": ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
    "params not an object": ({"requests": [{"custom_id": "a", "params": []}]}, "requests.0.params: Input should be"),
    "something beside params": (
        {"requests": [{"custom_id": "a", "params": params(), "metadata": {}}]},
        f"requests.0.metadata: {EXTRA}",
    ),
    "duplicate": (
        {"requests": [*requests(1), *requests(1)]},
        "requests: custom_id's must be unique within a batch. Duplicate custom_id found: r-0",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("body", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_body_gets_its_sentence_and_creates_nothing(
    simulator: Simulator, http: httpx2.Client, body: object, sentence: str
) -> None:
    answer = http.post(BATCHES, json=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert answer.json()["error"]["message"].startswith(sentence)
    assert simulator.world.batches == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"requests": [}', b'{"requests": "\xff"}'])
def test_a_body_that_is_not_json_is_refused(simulator: Simulator, http: httpx2.Client, body: bytes) -> None:
    answer = http.post(BATCHES, content=body)
    assert answer.json()["error"]["message"].startswith("The request body is not valid JSON")
    assert simulator.world.batches == []


def test_a_body_that_is_too_large_is_refused_by_the_edge_in_html(clock: TurnedClock) -> None:
    small = replace(SCENARIOS["quiet-night"], max_body_bytes=1_000)
    with Simulator(small, clock=clock) as simulator, client(simulator) as http:
        answer = http.post(BATCHES, json={"requests": requests(50)})
        assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
        assert simulator.world.batches == []


def test_params_are_not_looked_at_yet(simulator: Simulator, http: httpx2.Client) -> None:
    body = {"requests": [{"custom_id": "a", "params": {"model": 5, "nonsense": True}}]}
    assert http.post(BATCHES, json=body).status_code == 200


def test_the_params_of_every_request_are_kept_as_they_were_sent(simulator: Simulator, http: httpx2.Client) -> None:
    sent = params(system="Zeile\u2028zwei 🙂", metadata={"user_id": "u\u0000"})
    http.post(BATCHES, content=json.dumps({"requests": [{"custom_id": "a", "params": sent}]}))
    (batch,) = simulator.world.batches
    assert batch.params == [sent]
    assert len(batch.digest(0)) == 64
