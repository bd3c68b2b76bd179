"""The models of November 2026 as GET /v1/models lists them, with what each of them allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Model:
    """What the service knows about one model; prices are not among it."""

    id: str
    "The full name, dated where the model has a date."
    display_name: str
    "The name for people."
    max_tokens: int = 128_000
    "The most output tokens a request may ask for."
    max_input_tokens: int = 1_000_000
    "The context window in tokens."
    created: str = "2026-01-01"
    "The day of its release."
    lifecycle: str = "active"
    "active, deprecated or retired."
    retires: str = ""
    "The day of its retirement, where one is set."
    prefill: bool = False
    "Whether the conversation may end with the assistant's turn."
    no_thinking: tuple[str, ...] = ()
    "Values of thinking.type that are refused."
    always_thinks_at: tuple[str, ...] = ()
    "Levels of effort at which thinking cannot be disabled."
    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    "Levels of output_config.effort that are accepted."
    samples: bool = False
    "Whether temperature, top_p and top_k may have other values than their defaults."
    forced_tools: bool = True
    "Whether tool_choice may be any or tool."
    long_output: bool = False
    "Whether the output-300k beta reaches it."
    batch: bool = True
    "Whether it may be used in a batch."
    alias: str = ""
    "A shorter name that means the same model."

    @property
    def line(self) -> str | None:
        """The family: haiku, sonnet, opus, fable or mythos."""
        return next((line for line in ("haiku", "sonnet", "opus", "fable", "mythos") if line in self.id), None)


_BUDGET_ONLY = ("adaptive", "between_tools")
_ADAPTIVE_ONLY = ("enabled", "between_tools")
# From the models' pages of the documentation (August 2026): what a whole generation has in common.
_OF_4_6: dict[str, Any] = {
    "no_thinking": ("between_tools",), "efforts": ("low", "medium", "high", "max"), "samples": True,
    "long_output": True,
}  # fmt: skip
_OF_4_5: dict[str, Any] = {
    "max_tokens": 64_000, "max_input_tokens": 200_000, "prefill": True, "no_thinking": _BUDGET_ONLY, "samples": True,
}  # fmt: skip
_NEWEST: dict[str, Any] = {"no_thinking": ("enabled",), "forced_tools": False}

CATALOGUE: tuple[Model, ...] = (
    Model("claude-fable-5-2", "Claude Fable 5.2", created="2026-10-21", **_NEWEST),
    Model("claude-haiku-5-5", "Claude Haiku 5.5", 64_000, 400_000, created="2026-10-14", **_NEWEST),
    Model("claude-sonnet-5-5", "Claude Sonnet 5.5", created="2026-10-14", no_thinking=("enabled", "disabled"),
          forced_tools=False, long_output=True),
    Model("claude-opus-5-5", "Claude Opus 5.5", created="2026-10-14",
          no_thinking=("enabled", "disabled", "between_tools"), forced_tools=False, long_output=True),
    Model("claude-mythos-5-2", "Claude Mythos 5.2", created="2026-10-14", **_NEWEST),
    Model("claude-fable-5-1", "Claude Fable 5.1", created="2026-09-01", **_NEWEST),
    Model("claude-mythos-5-1", "Claude Mythos 5.1", created="2026-09-01", **_NEWEST),
    Model("claude-sonnet-5", "Claude Sonnet 5", created="2026-07-01", no_thinking=_ADAPTIVE_ONLY, long_output=True),
    Model("claude-fable-5", "Claude Fable 5", created="2026-06-15"),
    Model("claude-mythos-5", "Claude Mythos 5", created="2026-06-15"),
    Model("claude-opus-5", "Claude Opus 5", created="2026-06-01", no_thinking=_ADAPTIVE_ONLY,
          always_thinks_at=("xhigh", "max"), long_output=True),
    Model("claude-opus-4-8", "Claude Opus 4.8", created="2026-05-01", no_thinking=_ADAPTIVE_ONLY, long_output=True),
    Model("claude-opus-4-7", "Claude Opus 4.7", created="2026-04-01", no_thinking=_ADAPTIVE_ONLY, long_output=True),
    Model("claude-mythos-preview", "Claude Mythos Preview", created="2026-04-01", batch=False,
          lifecycle="deprecated", retires="2026-06-30"),
    Model("claude-sonnet-4-6", "Claude Sonnet 4.6", created="2026-02-17", **_OF_4_6),
    Model("claude-opus-4-6", "Claude Opus 4.6", created="2026-02-05", **_OF_4_6),
    Model("claude-opus-4-5-20251101", "Claude Opus 4.5", created="2025-11-24", alias="claude-opus-4-5",
          lifecycle="deprecated", retires="2027-01-22", efforts=("low", "medium", "high"), **_OF_4_5),
    Model("claude-haiku-4-5-20251001", "Claude Haiku 4.5", created="2025-10-15", alias="claude-haiku-4-5", efforts=(),
          **_OF_4_5),
    Model("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", created="2025-09-29", alias="claude-sonnet-4-5",
          lifecycle="deprecated", retires="2026-11-30", efforts=(), **_OF_4_5),
    Model("claude-opus-4-1-20250805", "Claude Opus 4.1", 32_000, 200_000, "2025-08-05", "retired", "2026-08-05",
          alias="claude-opus-4-1"),
    Model("claude-opus-4-20250514", "Claude Opus 4", 32_000, 200_000, "2025-05-22", "retired", "2026-06-15"),
    Model("claude-sonnet-4-20250514", "Claude Sonnet 4", 64_000, 200_000, "2025-05-22", "retired", "2026-06-15"),
)  # fmt: skip
"Newest first, as the service lists them."

_BY_NAME: Mapping[str, Model] = {name: model for model in CATALOGUE for name in (model.id, model.alias) if name}


def find(name: str, day: date | None = None) -> Model | None:
    """The model of that id or alias, if there is one and it still answers on that day."""
    model = _BY_NAME.get(name)
    return None if model is None or lifecycle(model, day) == "retired" else model


def lifecycle(model: Model, day: date | None) -> str:
    """What the service calls a model on that day: it retires on the day after its last one."""
    # The last day still answers.
    is_over = bool(model.retires) and day is not None and day > date.fromisoformat(model.retires)
    return "retired" if is_over else model.lifecycle


def known(name: str) -> Model | None:
    """The model of that id or alias, retired ones among them."""
    return _BY_NAME.get(name)


def _supported(*names: str, **but: bool) -> dict[str, Any]:
    return {name: {"supported": but.get(name, True)} for name in names}


def model_object(model: Model, day: date | None = None) -> dict[str, Any]:
    """A model as the service shows it on that day."""
    retires_at = f"{model.retires}T00:00:00Z" if model.retires else None
    types = {name: name not in model.no_thinking for name in ("adaptive", "enabled")}
    thinking = {"types": _supported(*types, **types), "supported": True}
    levels = {name: name in model.efforts for name in ("low", "medium", "high", "max", "xhigh")}
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.display_name,
        "created_at": f"{model.created}T00:00:00Z",
        "max_input_tokens": model.max_input_tokens,
        "max_tokens": model.max_tokens,
        "lifecycle": lifecycle(model, day),
        "deprecated_at": None if model.lifecycle == "active" else "2026-05-14T00:00:00Z",
        "retires_at": retires_at,
        "line": model.line,
        "capabilities": {
            **_supported(
                "batch",
                "citations",
                "code_execution",
                "image_input",
                "pdf_input",
                "structured_outputs",
                batch=model.batch,
            ),
            "context_management": {
                "supported": True,
                **_supported("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112"),
            },
            "effort": {"supported": bool(model.efforts), **_supported(*levels, **levels)},
            "server_tools": {"supported": True, **_supported("code_execution", "web_search")},
            "thinking": thinking,
        },
    }
