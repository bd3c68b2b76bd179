"""What is checked at once when a batch is created: JSON, number of requests, custom_ids and the presence of params."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import SchemaValidator, ValidationError, core_schema, from_json

from batchtui.simulator.wire_format import ApiError

MAX_REQUESTS = 100_000
CUSTOM_ID_PATTERN = r"^[a-zA-Z0-9_-]{1,64}$"
# `\Z` and not `$`, which would let a line feed at the end pass.
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
ALLOWED_KEYS = frozenset({"custom_id", "params"})


_field = core_schema.typed_dict_field
# Nothing inside params is looked at: the service validates it asynchronously, when the batch is processed.
_AN_OBJECT = core_schema.typed_dict_schema({}, extra_behavior="ignore")
_RIGHT_REQUEST = core_schema.typed_dict_schema(
    {
        "custom_id": _field(core_schema.str_schema(strict=True, pattern=CUSTOM_ID_PATTERN)),
        "params": _field(_AN_OBJECT),
    },
    extra_behavior="forbid",
)
_RIGHT_BODY = SchemaValidator(
    core_schema.typed_dict_schema(
        {"requests": _field(core_schema.list_schema(_RIGHT_REQUEST, min_length=1, max_length=MAX_REQUESTS))},
        extra_behavior="forbid",
    )
)


@dataclass(frozen=True)
class Submission:
    """The requests of one create, in the order they came. Nothing inside their params was looked at."""

    custom_ids: list[str]
    "Unique and well formed."
    body: bytes | bytearray
    "As it was sent, and right as far as it was looked at."

    @cached_property
    def params(self) -> list[dict[str, Any]]:
        """As they were sent; parsed at the first need, which a batch of 250 MB may never have."""
        return [request["params"] for request in from_json(self.body, cache_strings="keys")["requests"]]


def read_submission(body: bytes | bytearray) -> Submission:
    """Check a create's body as far as the service does at once.

    Raises:
        ApiError: 400 with the sentence that the service would send; nothing is created.
    """
    try:
        # Right bodies, which are nearly all, take one call in C that makes no Python object but the custom_ids.
        requests = _RIGHT_BODY.validate_json(body)["requests"]
    except ValidationError:
        custom_ids = _explain(body)
    else:
        custom_ids = [request["custom_id"] for request in requests]
        _refuse_duplicates(custom_ids)
    return Submission(custom_ids, body)


def _explain(body: bytes | bytearray) -> list[str]:
    """Say what is wrong with a body, or its custom_ids where nothing is after all."""
    try:
        parsed: object = from_json(body, cache_strings="keys")
    except ValueError as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise ApiError(400, "Input should be a valid dictionary or object to extract fields from")
    return check_requests(parsed)


def check_requests(body: dict[str, Any]) -> list[str]:
    """The checks of a body that is parsed. Returns its custom_ids; raises ApiError like `read_submission`."""
    _refuse_extra(body, {"requests"}, "")
    if "requests" not in body:
        raise ApiError(400, "requests: Field required")
    requests = body["requests"]
    if not isinstance(requests, list):
        raise ApiError(400, "requests: Input should be a valid list")
    if not requests:
        raise ApiError(400, "requests: List should have at least 1 item after validation, not 0")
    if len(requests) > MAX_REQUESTS:
        found = len(requests)
        raise ApiError(400, f"requests: List should have at most {MAX_REQUESTS} items after validation, not {found}")
    custom_ids = [_check_request(index, request) for index, request in enumerate(requests)]
    _refuse_duplicates(custom_ids)
    return custom_ids


def _check_request(index: int, request: object) -> str:
    where = f"requests.{index}"
    if not isinstance(request, dict):
        raise ApiError(400, f"{where}: Input should be a valid dictionary or object to extract fields from")
    if "custom_id" not in request:
        raise ApiError(400, f"{where}.custom_id: Field required")
    custom_id = request["custom_id"]
    if not isinstance(custom_id, str):
        raise ApiError(400, f"{where}.custom_id: Input should be a valid string")
    if not CUSTOM_ID.match(custom_id):
        raise ApiError(400, f"{where}.custom_id: {_custom_id_fault(custom_id)}")
    if "params" not in request:
        raise ApiError(400, f"{where}.params: Field required")
    if not isinstance(request["params"], dict):
        raise ApiError(400, f"{where}.params: Input should be a valid dictionary or object to extract fields from")
    # Both keys are there by now, so a longer object has another one.
    if len(request) > len(ALLOWED_KEYS):
        _refuse_extra(request, ALLOWED_KEYS, f"{where}.")
    return custom_id


def _custom_id_fault(custom_id: str) -> str:
    if not custom_id:
        return "String should have at least 1 character"
    if len(custom_id) > 64:
        return "String should have at most 64 characters"
    return "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"


def _refuse_extra(value: dict[str, Any], allowed: frozenset[str] | set[str], where: str) -> None:
    for key in value:
        if key not in allowed:
            raise ApiError(400, f"{where}{key}: Extra inputs are not permitted")


def _refuse_duplicates(custom_ids: list[str]) -> None:
    if len(set(custom_ids)) == len(custom_ids):
        return
    seen: set[str] = set()
    for custom_id in custom_ids:
        if custom_id in seen:
            sentence = "requests: custom_id's must be unique within a batch. Duplicate custom_id found: "
            raise ApiError(400, f"{sentence}{custom_id}")
        seen.add(custom_id)
