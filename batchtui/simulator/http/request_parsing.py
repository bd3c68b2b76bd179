"""What a call brings with it: its key, its version, its betas, its body, and how much it wants."""

from typing import Any

from pydantic_core import from_json
from starlette.requests import Request

from batchtui.simulator.validation.late import Terms
from batchtui.simulator.wire_format import ApiError

VERSIONS = ("2023-01-01", "2023-06-01", "2026-10-21")


def key_of(request: Request) -> str | None:
    """The key of a call, from either of the two headers that may carry it."""
    authorization = request.headers.get("authorization", "")
    # The SDK sends `Authorization: Bearer`, older clients `x-api-key`.
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-api-key")


def check_version(request: Request) -> None:
    """Raise ApiError 400 unless the call names a version of the API that there is."""
    version = request.headers.get("anthropic-version")
    if version is None:
        raise ApiError(400, "anthropic-version: header is required")
    if version not in VERSIONS:
        raise ApiError(400, f'anthropic-version: "{version}" is not a valid version')


def terms_of(request: Request) -> Terms:
    """The version and the betas of a call."""
    # The header may come once with commas, or several times.
    betas = ",".join(request.headers.getlist("anthropic-beta")).split(",")
    names = frozenset(name.strip() for name in betas if name.strip())
    return Terms(request.headers["anthropic-version"], names)


def read_object(body: bytearray) -> dict[str, Any]:
    """A body that must be a JSON object; raises ApiError 400 for anything else."""
    try:
        value: object = from_json(body)
    except ValueError as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise ApiError(400, "Input should be a valid dictionary or object to extract fields from")
    return value


def read_limit(text: str) -> int:
    """How many entries a page may hold, 1 to 1000; raises ApiError 400 for anything else."""
    try:
        limit = int(text)
    except ValueError as error:
        sentence = "limit: Input should be a valid integer, unable to parse string as an integer"
        raise ApiError(400, sentence) from error
    if limit < 1:
        raise ApiError(400, "limit: Input should be greater than or equal to 1")
    if limit > 1000:
        raise ApiError(400, "limit: Input should be less than or equal to 1000")
    return limit
