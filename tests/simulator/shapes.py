"""The published shapes of the service's answers, as far as its recorded answers hold to them."""

from __future__ import annotations

from typing import Any

NULLABLE_TIME = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
NULLABLE_TEXT = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 0}


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


BATCH = _object(
    {
        "id": {"type": "string", "pattern": "^msgbatch_01[1-9A-HJ-NP-Za-km-z]{22}$"},
        "type": {"const": "message_batch"},
        "processing_status": {"enum": ["in_progress", "canceling", "ended"]},
        "request_counts": _object(
            {"processing": COUNT, "succeeded": COUNT, "errored": COUNT, "canceled": COUNT, "expired": COUNT}
        ),
        "created_at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"},
        "expires_at": {"type": "string", "format": "date-time"},
        "ended_at": NULLABLE_TIME,
        "archived_at": NULLABLE_TIME,
        "cancel_initiated_at": NULLABLE_TIME,
        "results_url": NULLABLE_TEXT,
    }
)
BATCH_PAGE = _object(
    {"data": {"type": "array", "items": BATCH}, "has_more": {"type": "boolean"}, "first_id": NULLABLE_TEXT,
     "last_id": NULLABLE_TEXT}
)  # fmt: skip
DELETED = _object({"id": {"type": "string"}, "type": {"const": "message_batch_deleted"}})
ERROR_DETAILS = _object(
    {"error_visibility": {"type": "string"}, "error_code": {"type": "string"}}, optional=("error_code",)
)
ERROR_TYPES = [
    "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
    "rate_limit_error", "timeout_error", "api_error", "overloaded_error",
]  # fmt: skip
ERROR = _object(
    {
        "type": {"const": "error"},
        "error": _object(
            {"type": {"enum": ERROR_TYPES}, "message": {"type": "string", "minLength": 1}, "details": ERROR_DETAILS},
            optional=("details",),
        ),
        "request_id": NULLABLE_TEXT,
    }
)
USAGE = _object(
    {
        "input_tokens": COUNT,
        "cache_creation_input_tokens": COUNT,
        "cache_read_input_tokens": COUNT,
        "cache_creation": _object({"ephemeral_5m_input_tokens": COUNT, "ephemeral_1h_input_tokens": COUNT}),
        "output_tokens": {"type": "integer", "minimum": 1},
        "output_tokens_details": _object({"thinking_tokens": COUNT}),
        "service_tier": {"enum": ["standard", "priority", "batch"]},
        "inference_geo": {"type": "string"},
    },
    optional=("output_tokens_details",),
)
CONTENT = {
    "oneOf": [
        _object({"type": {"const": "text"}, "text": {"type": "string", "minLength": 1}}),
        _object({"type": {"const": "thinking"}, "thinking": {"type": "string"}, "signature": {"type": "string"}}),
        _object(
            {
                "type": {"const": "tool_use"},
                "id": {"type": "string"},
                "name": {"type": "string"},
                "input": {"type": "object"},
            }
        ),
    ]
}
REFUSAL = _object({"type": {"const": "refusal"}, "category": NULLABLE_TEXT, "explanation": NULLABLE_TEXT})
MESSAGE = _object(
    {
        "id": {"type": "string", "pattern": "^msg_01"},
        "type": {"const": "message"},
        "role": {"const": "assistant"},
        "model": {"type": "string"},
        "content": {"type": "array", "items": CONTENT},
        "stop_reason": {"enum": ["end_turn", "max_tokens", "tool_use", "pause_turn", "refusal"]},
        "stop_sequence": {"type": "null"},
        "stop_details": {"anyOf": [REFUSAL, {"type": "null"}]},
        "usage": USAGE,
    }
)
RESULT_LINE = _object(
    {
        "custom_id": {"type": "string"},
        "result": {
            "oneOf": [
                _object({"type": {"const": "succeeded"}, "message": MESSAGE}),
                _object({"type": {"const": "errored"}, "error": ERROR}),
                _object({"type": {"enum": ["canceled", "expired"]}}),
            ]
        },
    }
)
MODEL = {
    "type": "object",
    "required": [
        "type", "id", "display_name", "created_at", "max_tokens", "max_input_tokens", "lifecycle", "retires_at",
        "capabilities",
    ],
    "properties": {
        "type": {"const": "model"},
        "lifecycle": {"enum": ["active", "deprecated", "retired"]},
        "retires_at": NULLABLE_TIME,
        "capabilities": {
            "type": "object",
            "required": ["batch", "thinking", "structured_outputs"],
            "properties": {"batch": _object({"supported": {"type": "boolean"}})},
        },
    },
}  # fmt: skip
