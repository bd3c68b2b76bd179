"""Turn exceptions of the SDK and its HTTP client into domain errors: `map_exception`.

Each says truthfully whether a batch may have been created: that decides whether a send may be repeated.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.domain.errors import (
    AnswerLost,
    BatchNotFound,
    BatchtuiError,
    CredentialsMissing,
    GatewayError,
    RateLimited,
    Refused,
    ResultsUnavailable,
    SpendLimitReached,
    Unreachable,
)
from batchtui.gateway.exchange import header, retry_after
from batchtui.gateway.redaction import dig, error_message, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2
    from anthropic import APIStatusError

    from batchtui.gateway.exchange import ApiRequest

SPEND_LIMIT_CODES = frozenset({"enforced_spend_limit_reached"})
"""`error.details.error_code` of a 429 that waiting does not cure (documentation of API errors)."""
LEAVES_IT_OPEN = frozenset({303, 408, 409, 425, 499})
"""Below 500, what may come after something was created; 303 means "done, look there"."""


@dataclass(frozen=True, slots=True)
class _Message:
    sentence: str
    hint: str = ""


_BY_STATUS = {
    400: _Message("Invalid request"),
    401: _Message(
        "Authentication failed", "`batchtui doctor` shows which credentials are used and where they come from."
    ),
    402: _Message("Billing problem", "See the billing page of the Console."),
    403: _Message("Permission denied", "Use the credentials of another profile or workspace: see --profile."),
    404: _Message("Not found at the API"),
    408: _Message("The API timed out waiting for the request"),
    409: _Message("Conflict at the API"),
    413: _Message("The request body is too large", "Make the parts smaller with --max-bytes."),
    429: _Message("Rate limited", "It is retried when the API allows it."),
    500: _Message("Internal error at the API"),
    502: _Message("A gateway between here and the API failed"),
    503: _Message("The API is unavailable"),
    504: _Message("The API timed out"),
    529: _Message("The API is overloaded"),
}
_NOT_THE_API = "Check ANTHROPIC_BASE_URL: the response does not look like the API's."
_LATER = "Nothing is lost; run it again."
_DOING = {
    "create": "creating a batch",
    "retrieve": "fetching the status of",
    "list": "listing batches",
    "cancel": "canceling",
    "delete": "deleting",
    "results": "fetching the results of",
    "models": "listing models",
    "count_tokens": "counting tokens",
    "message": "sending a request in real time",
}
"""What a call is about, by its operation; the batch's id follows."""
_OPEN_CREATE = "The batch may exist: batchtui looks for it before anything is sent again."


def map_exception(error: Exception, ask: ApiRequest) -> BatchtuiError | None:
    """Return the domain error for an exception of the SDK or its HTTP client; None for any other exception."""
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return _settle(_answered(error, ask), ask)
    if isinstance(error, (anthropic.APIConnectionError, httpx2.HTTPError, httpx2.StreamError)):
        # The SDK wraps every exception of the HTTP client in one; only the cause tells whether anything was sent.
        cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else error
        return _settle(_broken(cause or error, ask), ask)
    if isinstance(error, anthropic.AnthropicError) and not isinstance(
        error, anthropic.APIError
    ):  # profile files, token exchange: before anything is sent
        return CredentialsMissing(
            f"The credentials cannot be used: {redact(error)}", hint="`batchtui doctor` says where they come from."
        )
    # The SDK raises a bare TypeError where its chain of credentials ends without one.
    if isinstance(error, TypeError) and "authentication" in str(error):
        return CredentialsMissing(
            "No API key, token or profile was found.",
            hint="Set ANTHROPIC_API_KEY, or log in with `ant auth login`; `batchtui demo` needs neither.",
        )
    # httpx encodes headers as ASCII before it connects.
    if isinstance(error, UnicodeEncodeError) and (ask.body is None or ask.body.handed == 0):
        return CredentialsMissing(
            "A header has a character that HTTP headers cannot carry.", hint="Check the API key and --beta."
        )
    return None


def undecodable(error: Exception, ask: ApiRequest) -> BatchtuiError:
    """Return the error for an answer that could not even be decoded.

    httpx decodes an error page with whatever codec its charset names (idna, hex, undefined), and each fails in its own
    way: UnicodeError, LookupError, AssertionError, binascii.Error.
    """
    return _settle(
        AnswerLost(f"The response cannot be decoded ({type(error).__name__}).", hint=_open(ask)),
        ask,
    )


def unreadable_answer(what: str, ask: ApiRequest, response: httpx2.Response) -> BatchtuiError:
    """Return the error for a 2xx response that cannot be read."""
    return _settle(
        AnswerLost(
            f"The API's response to {ask.operation} cannot be read: {what}.",
            hint=_open(ask),
            status=response.status_code,
            request_id=header(response.headers, "request-id"),
        ),
        ask,
    )


def _settle(error: BatchtuiError, ask: ApiRequest) -> BatchtuiError:
    """Turn "anything may have happened" into "nothing was created" where part of the body never left."""
    if ask.body is None or ask.body.is_whole or not isinstance(error, AnswerLost) or error.nothing_created:
        return error
    return Unreachable(
        f"{error.message} The request body was not sent completely, so nothing was created.",
        hint="It is safe to send it again.",
        status=error.status,
        error_type=error.error_type,
        error_code=error.error_code,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )


def _answered(error: APIStatusError, ask: ApiRequest) -> BatchtuiError:
    """Return the error for an answer with another status than 2xx."""
    status, headers = error.status_code, error.response.headers
    kind, code = _word(dig(error.body, "error", "type")), _word(dig(error.body, "error", "details", "error_code"))
    # A proxy answers with a page or a JSON of its own: its 404 says nothing about a batch.
    is_the_api = kind is not None or dig(error.body, "error") is not None
    saying = _saying(status, is_the_api)
    message = _sentence(saying.sentence, status, error_message(error.body))
    # Either the batch has not ended or its results are gone: this 404 does not say that the batch is.
    if status == 404 and ask.operation == "results" and is_the_api:
        return ResultsUnavailable(
            message, hint="Results exist from the end of a batch until 29 days after its creation."
        )
    lost = status in LEAVES_IT_OPEN or status >= 500
    return _class(status, code, ask, is_the_api)(
        message,
        hint=saying.hint or (_open(ask) if lost else ""),
        status=status,
        error_type=kind,
        error_code=code,
        request_id=header(headers, "request-id"),
        retry_after=retry_after(headers, now=datetime.now(UTC)),
    )


def _class(status: int, code: str | None, ask: ApiRequest, is_the_api: bool) -> type[GatewayError]:
    if status == 429:
        return SpendLimitReached if code in SPEND_LIMIT_CODES else RateLimited
    # A server that fails after it has created a batch says 5xx, too.
    if status in LEAVES_IT_OPEN or status >= 500:
        return AnswerLost
    return BatchNotFound if status == 404 and ask.batch_id and is_the_api else Refused


def _saying(status: int, is_the_api: bool) -> _Message:
    if 300 <= status < 400:
        return _Message("The server redirects to another address, which is not followed", _NOT_THE_API)
    if status == 404 and not is_the_api:
        return _Message("This address does not serve the API", _NOT_THE_API)
    known = _BY_STATUS.get(status)
    return known or _Message("The API failed" if status >= 500 else "The API refused the request")


def _sentence(sentence: str, status: int, said: str) -> str:
    return f"{sentence} ({status}): {said}" if said else f"{sentence} ({status})."


def _broken(cause: BaseException, ask: ApiRequest) -> BatchtuiError:
    """Return the error where no answer came, or not all of it."""
    import httpx2

    if ask.body is not None and isinstance(ask.body.held_back_by, BatchtuiError):
        return ask.body.held_back_by
    if ask.body is not None and ask.body.at_source:
        return _unreadable(cause)
    # Raised before the first byte of the request leaves: nothing can have been created.
    never_sent = (
        httpx2.ConnectError,
        httpx2.ConnectTimeout,
        httpx2.PoolTimeout,
        httpx2.ProxyError,
        httpx2.UnsupportedProtocol,
    )
    if isinstance(cause, never_sent):
        return Unreachable(
            f"Cannot reach the API: {connection_reason(cause)}.",
            hint="Nothing was sent. `batchtui doctor` examines the connection.",
        )
    if isinstance(cause, httpx2.LocalProtocolError):  # its words may quote a header, credentials among them
        return AnswerLost("The request is not valid HTTP.", hint="Check the API key, --api-version and --beta.")
    if isinstance(cause, httpx2.WriteTimeout):
        return AnswerLost(f"Connection stalled while {_doing(ask)}.", hint=_open(ask))
    if isinstance(cause, httpx2.TimeoutException):
        return AnswerLost(f"No response from the API for {ask.patience:g} s while {_doing(ask)}.", hint=_open(ask))
    why = redact(cause, 120).rstrip(".") or type(cause).__name__
    return AnswerLost(f"Connection lost while {_doing(ask)} ({why}).", hint=_open(ask))


def _unreadable(cause: BaseException) -> BatchtuiError:
    """Return the error for requests that could not be read from the disk while being sent: not all of them left."""
    words = cause.message if isinstance(cause, BatchtuiError) else redact(cause) or type(cause).__name__
    return Refused(
        f"They could not be read while they were being sent: {words}. Nothing was created.",
        title="The requests could not be read",
    )


def _doing(ask: ApiRequest) -> str:
    """Say what a call was about: `fetching the results of msgbatch_01`."""
    words = _DOING.get(ask.operation, ask.operation)
    return f"{words} {redact(ask.batch_id, 80)}" if ask.batch_id else words


def _open(ask: ApiRequest) -> str:
    return _OPEN_CREATE if ask.operation == "create" else _LATER


def _word(value: object) -> str | None:
    return redact(value, 80) if isinstance(value, str) else None


def connection_reason(cause: BaseException) -> str:
    """Return why no connection was made, as part of a sentence: the deepest cause that is understood."""
    chain = list(_causes(cause))
    for found in chain:
        if isinstance(found, ssl.SSLError):
            why = getattr(found, "verify_message", "") or found.reason or found
            return f"the secure connection failed ({redact(why, 120)})"
        if isinstance(found, socket.gaierror):
            return "the server's name cannot be resolved (no network, or a mistake in the address)"
        if isinstance(found, ConnectionRefusedError):
            return "the connection was refused"
    if any("Timeout" in type(found).__name__ for found in chain):
        return "the connection timed out"
    return redact(cause, 120) or type(cause).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything that led to it, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [led for led in (found.__cause__, found.__context__) if led is not None]
        waiting += found.exceptions if isinstance(found, BaseExceptionGroup) else ()
