"""Recognise lines that were made for another API, or came out of one, and say what to do with them: `foreign_line`.

A file for another service fails the checks in every line, for reasons that say nothing (custom_id is missing, params
is missing). What it is can be told from two or three keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Mapping

CONVERT = "batchtui convert FILE -o OUT.jsonl --model MODEL makes requests of it"
_BY_HAND = 'write {"custom_id": "…", "params": {"model", "max_tokens", "messages"}}; batchtui compose helps'
_CHAT = "/chat/completions"


def foreign_line(value: Mapping[str, Any]) -> CheckFault | None:
    """Return what a line is and what to do with it; None where it may be meant as a request."""
    # Whatever else is in it: the person meant a request of this API.
    if "params" in value:
        return None
    if (result := _result(value)) is not None:
        hint = "batchtui retry sends the requests of a batch again"
        return CheckFault("results-line", f"this is a line of {result}, not a request", hint)
    if is_openai(value):
        chat = str(value.get("url", _CHAT)).rstrip("/").endswith(_CHAT)
        return CheckFault("openai-line", "this is a line of an OpenAI batch file", CONVERT if chat else _BY_HAND)
    if is_bedrock(value):
        return CheckFault("bedrock-line", "this is a line of an Amazon Bedrock batch file", CONVERT)
    if is_vertex_claude(value):
        return CheckFault("vertex-line", "this is a line of a Vertex AI batch file for Claude", CONVERT)
    if _is_gemini(value):
        return CheckFault("gemini-line", "this is a line of a Gemini or Vertex AI batch file", _BY_HAND)
    return None


def is_openai(value: Mapping[str, Any]) -> bool:
    """Whether it is a line of OpenAI's batch input: custom_id, method, url, body."""
    return "body" in value and ("method" in value or "url" in value)


def is_bedrock(value: Mapping[str, Any]) -> bool:
    """Whether it is a line of Bedrock's batch input: recordId (optional there) and modelInput."""
    return "modelInput" in value or ("recordId" in value and "custom_id" not in value)


def is_vertex_claude(value: Mapping[str, Any]) -> bool:
    """Whether it is a line of Vertex AI's batch input for Claude: custom_id and a request of the Messages API."""
    request = value.get("request")
    return isinstance(request, dict) and "messages" in request and "anthropic_version" in request


def _is_gemini(value: Mapping[str, Any]) -> bool:
    """Whether it is a line of Gemini's batch input: contents, alone or in a request."""
    request = value.get("request", value)
    return isinstance(request, dict) and "contents" in request and "messages" not in request


def _result(value: Mapping[str, Any]) -> str | None:
    """Return whose results a line belongs to; None where it is none."""
    if "modelOutput" in value or ("recordId" in value and "error" in value):
        return "Amazon Bedrock's results"
    if "result" in value:
        return "results"
    if "response" in value and ("request" in value or "key" in value):
        return "Gemini's or Vertex AI's results"
    if "response" in value and "custom_id" in value:
        return "OpenAI's results"
    return None
