"""Check what a model accepts: `check_model` looks it up, and rules compare params with what is known of it.

Every fact comes from a `ModelInfo` (the API's list, filled up from `models.toml`); where a fact is unknown its rule
says nothing. A model that the user names with --allow-model is sent in any case: its errors become warnings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from batchtui.domain.limits import LEGACY_API_VERSION, LONG_OUTPUT_BETA, LONG_OUTPUT_TOKENS
from batchtui.domain.model import EFFORTS, ModelInfo, lifecycle_on
from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.rules.model_table import FAMILIES, find_model, living

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from batchtui.intake.types import CheckOptions

RETIRING_SOON = timedelta(days=30)
"""A retirement that is closer than this is worth a warning: a retry may come after it."""
SAMPLING = frozenset({"temperature", "top_p", "top_k"})
"""Removed by version 2026-10-21, an error even at their default values."""
LEAST_TOP_P = 0.99
"""Models after Opus 4.6 take top_p from here, and temperature 1 (OpenAPI document of 2026-07-28)."""
PAUSED_KINDS = frozenset({"server_tool_use", "mcp_tool_use", "mcp_tool_result", "compaction"})
"""Blocks besides *_tool_result that end a paused turn: continuing one is no prefill (published schema)."""


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """What is known of one model name under the options of one check."""

    faults: tuple[CheckFault, ...]
    """What is wrong with the name itself."""
    info: ModelInfo
    """Everything known; of an unknown model only its id."""
    max_tokens: int | None
    """The most it may be asked for in a batch with the betas that will be sent; None where unknown."""
    api_version: str
    """The version that will be sent."""
    is_allowed: bool = False
    """Whether the user allowed it (--allow-model): it is sent whatever is known of it."""
    successors: tuple[str, ...] = ()
    """Models that could take the place of a retired one."""

    @property
    def takes_sampling(self) -> bool:
        """Whether values other than the defaults are accepted at API version 2023-06-01, as far as is known."""
        return self.info.sampling != "defaults"

    def severity(self, fault: CheckFault) -> CheckFault:
        """Return a fault that comes from the model as it counts for this model."""
        return fault._replace(severity=Severity.WARNING) if self.is_allowed else fault


def check_model(model: str, options: CheckOptions, *, guesses: bool = True) -> ModelVerdict:
    """Return what is known of a model. Its faults are errors only where it is known to be refused.

    `guesses` says what an unknown model may have been meant to be; that takes a millisecond.
    """
    info = find_model(model, options.models)
    known = info or ModelInfo(model, model)
    limit = known.max_tokens
    # The beta raises the limit in batches only, and only of models that the documentation names.
    if limit is not None and known.long_output and LONG_OUTPUT_BETA in options.betas:
        limit = max(limit, LONG_OUTPUT_TOKENS)
    verdict = ModelVerdict((), known, limit, options.api_version, model in options.allowed_models)
    # Retired models are no guess: nobody means one of them.
    names = [*options.models, *living()] if guesses and info is None else ()
    found = _unknown(model, names) if info is None else _name_fault(model, info, options.today)
    if found is None:
        return verdict
    others = successors(model, options.today) if found.code == "model-retired" else ()
    return replace(verdict, faults=(verdict.severity(found),), successors=others)


def _name_fault(model: str, info: ModelInfo, today: date) -> CheckFault | None:
    """Return what is wrong with choosing this model today."""
    life = lifecycle_on(info, today)
    if life == "retired":
        when = f"retired on {info.retires_at.isoformat()}" if info.retires_at else "is retired"
        hint = _replacement_hint(next(iter(successors(model, today)), "another one"))
        return CheckFault("model-retired", f"{model} {when}: every request would fail", hint, kind=model)
    if info.batches is False:
        return CheckFault(
            "model-without-batches", f"{model} cannot be used in batches", "choose another model", kind=model
        )
    if life != "deprecated" or info.retires_at is None or info.retires_at - today > RETIRING_SOON:
        return None
    hint = "move to a newer model; a retry after that day will fail"
    # The API's word goes before the date: a deprecated model past its date is overdue, not gone.
    if info.retires_at < today:
        message = f"{model} was due to retire on {info.retires_at.isoformat()}; the API still lists it as deprecated"
        return CheckFault("model-retiring", message, "move to a newer model soon", Severity.WARNING, model)
    return CheckFault(
        "model-retiring", f"{model} retires on {info.retires_at.isoformat()}", hint, Severity.WARNING, model
    )


def _unknown(model: str, known: Sequence[str]) -> CheckFault:
    """Return the warning for an unknown model: new ones appear without this program."""
    # A warning and no error: a model that came out yesterday must not need a new version of this program.
    close = get_close_matches(model, known, n=1, cutoff=0.6)
    guess = f'did you mean "{close[0]}"?' if close else "batchtui models lists what your key can use"
    return CheckFault("model-unknown", f'unknown model "{model[:80]}"', guess, Severity.WARNING, model[:80])


def successors(model: str, today: date) -> tuple[str, ...]:
    """Return the living models that could take a model's place: those of its family first, the newest first."""
    usable = [each for each, info in living().items() if lifecycle_on(info, today) == "active" and info.batches]
    family = next((family for family in FAMILIES if family in model), "sonnet")
    return tuple(sorted(usable, key=lambda each: f"-{family}-" not in each))


def _replacement_hint(model: str) -> str:
    """Return the advice to use this model instead."""
    return f"use a newer model, such as {model} (--model replaces it in every request)"


def name_faults(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield what is wrong with the model's name; the model in the hint is one that takes these params as they are."""
    for fault in verdict.faults:
        if fault.code == "model-retired":
            taking = next((each for each in verdict.successors if _takes(each, params, verdict, betas)), None)
            fault = fault._replace(hint=_replacement_hint(taking)) if taking else fault
        yield fault


def _takes(model: str, params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> bool:
    """Whether no rule about models objects to this model in place of the request's own."""
    info = living()[model]
    other = ModelVerdict((), info, info.max_tokens, verdict.api_version)
    wanted = {**params, "model": model}
    asked = (
        ("thinking", thinking_faults),
        ("output_config", effort_faults),
        ("tool_choice", forced_tool_faults),
    )
    faults = [fault for key, rule in asked if key in params for fault in rule(wanted, other, betas)]
    faults += sampling_faults(wanted, other, betas)
    if params["messages"][-1]["role"] == "assistant":
        faults += prefill_faults(wanted, other, betas)
    return not faults and params["max_tokens"] <= (info.max_tokens or params["max_tokens"])


def max_tokens_faults(params: dict[str, Any], verdict: ModelVerdict) -> Iterator[CheckFault]:
    """Yield the fault of a max_tokens above the model's maximum."""
    wanted, limit = params["max_tokens"], verdict.max_tokens
    if limit is None or wanted <= limit:
        return
    hint = "lower it, or --max-tokens N for all"
    if verdict.info.long_output and limit < wanted <= LONG_OUTPUT_TOKENS:
        hint = f"--beta {LONG_OUTPUT_BETA} allows 300,000 in a batch"
    message = f"max_tokens is {wanted:,}, {params['model']} writes at most {limit:,}"
    yield verdict.severity(CheckFault("max-tokens-limit", message, hint, kind=params["model"]))


def thinking_faults(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the faults of `thinking` that the model does not support, alone or with the effort asked for."""
    kind, model = params["thinking"]["type"], params["model"]
    effort = (params.get("output_config") or {}).get("effort")
    if verdict.info.thinking.get(kind) is False:
        message = f'{model} refuses thinking of type "{kind}"'
        yield verdict.severity(CheckFault("thinking-refused", message, _other_thinking(params, verdict), kind=kind))
    elif kind == "disabled" and effort in verdict.info.disabled_not_at:
        message = f'{model} refuses thinking "disabled" with effort "{effort}"'
        yield verdict.severity(CheckFault("thinking-refused", message, 'lower the effort to "high"', kind=effort))


def _other_thinking(params: dict[str, Any], verdict: ModelVerdict) -> str:
    """Return what the model takes instead of a refused type of thinking."""
    types = verdict.info.thinking
    if params["thinking"]["type"] == "disabled":
        return (
            'use {"type": "between_tools"}, or adaptive' if types.get("between_tools") else 'use {"type": "adaptive"}'
        )
    if types.get("adaptive"):
        return 'use {"type": "adaptive"}; output_config.effort says how much'
    if types.get("enabled"):
        room = "" if params["max_tokens"] > 1024 else " and max_tokens above 1024"
        return f'use {{"type": "enabled", "budget_tokens": N}} with N from 1024{room}'
    return "leave thinking out"


def effort_faults(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the faults of output_config: an effort or a format that the model does not support."""
    config, model = params["output_config"], params["model"]
    effort, levels = config.get("effort"), verdict.info.efforts
    accepted = [level for level, taken in levels.items() if taken]
    if effort is not None and levels and not accepted:
        fault = CheckFault(
            "effort-refused", f"{model} does not support output_config.effort", "leave it out", kind=model
        )
        yield verdict.severity(fault)
    elif effort is not None and not levels and effort not in EFFORTS:
        hint = f"known: {', '.join(EFFORTS)}"
        yield CheckFault("unknown-value", f'unknown effort "{effort[:40]}"', hint, Severity.WARNING)
    elif effort is not None and levels and effort not in accepted:
        hint = f"it takes {', '.join(accepted)}"
        yield verdict.severity(
            CheckFault("effort-refused", f'{model} refuses the effort "{effort[:40]}"', hint, kind=model)
        )
    if config.get("format") is not None and verdict.info.structured_outputs is False:
        fault = CheckFault("structured-outputs-refused", f"{model} has no structured outputs", "choose a newer model")
        yield verdict.severity(fault)


def sampling_faults(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the faults of temperature, top_p and top_k, by API version, model and thinking."""
    given, model = sorted(SAMPLING & params.keys()), params["model"]
    if not verdict.takes_sampling:
        for key in given:
            if not _is_default(key, params[key]):
                message = f"{model} refuses {key} {params[key]} at every API version"
                yield verdict.severity(CheckFault("sampling-model", message, "leave it out", kind=key))
    elif verdict.info.sampling == "one" and {"temperature", "top_p"} <= params.keys():
        message = f"{model} takes temperature or top_p, not both"
        yield verdict.severity(CheckFault("sampling-both", message, "leave one of them out", kind=model))
    if params.get("thinking", {}).get("type") == "enabled":
        for key in given:
            # Extended thinking: temperature must be 1 and top_k unset (OpenAPI document of 2026-07-28).
            if key == "top_k" or (key == "temperature" and params[key] != 1):
                hint = "leave one of the two out"
                yield CheckFault("sampling-thinking", f"{key} does not go with a thinking budget", hint, kind=key)


def _is_default(key: str, value: float) -> bool:
    """Whether models after Opus 4.6 accept this value: top_k has none that they do."""
    return (key == "temperature" and value == 1) or (key == "top_p" and value >= LEAST_TOP_P)


def sampling_removed_hint(verdict: ModelVerdict | None) -> str:
    """Return what to do about a sampling parameter that version 2026-10-21 removed.

    The older version helps only where the model itself still takes it.
    """
    if verdict is not None and not verdict.takes_sampling:
        return f"leave it out: {verdict.info.id} also refuses it at the older version"
    return f"send the batch with --api-version {LEGACY_API_VERSION}, or leave it out"


def forced_tool_faults(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the fault of a forced tool_choice that the model or thinking does not allow."""
    kind, model = params["tool_choice"]["type"], params["model"]
    if kind not in ("any", "tool"):
        return
    if verdict.info.forced_tools is False:
        hint = 'use {"type": "auto"} and ask for the tool in the prompt'
        fault = CheckFault("tool-choice-refused", f'{model} refuses tool_choice "{kind}"', hint, kind=model)
        yield verdict.severity(fault)
    elif params.get("thinking", {}).get("type", "disabled") != "disabled":
        yield CheckFault(
            "tool-choice-thinking", f'tool_choice "{kind}" does not go with thinking', 'use {"type": "auto"}'
        )


def prefill_faults(params: dict[str, Any], verdict: ModelVerdict, betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Look at a conversation that ends with the assistant: a prefill, or a paused turn that goes on."""
    message, model = params["messages"][-1], params["model"]
    if is_paused(message["content"]):
        return
    if verdict.info.prefill is False:
        fault = CheckFault(
            "prefill-refused",
            f"the last message is the assistant's: {model} refuses a prefill",
            "end with a user message",
            kind=model,
        )
        yield verdict.severity(fault)
        return
    if params.get("thinking", {}).get("type", "disabled") != "disabled":
        yield CheckFault("prefill-thinking", "a prefill does not go with thinking", "end with a user message")
    elif _has_format(params):
        yield CheckFault("prefill-format", "a prefill does not go with output_config.format", "end with a user message")
    text = _prefilled(message["content"])
    # The API's own words: final assistant content cannot end with trailing whitespace.
    if text is not None and text != text.rstrip():
        yield CheckFault(
            "prefill-space", "the assistant's last message ends in a space", "the API refuses it; strip it"
        )


def is_paused(content: Any) -> bool:
    """Whether an assistant's content ends as a paused turn does: in a block of a server tool or a compaction."""
    if not isinstance(content, list) or not content:
        return False
    kind = content[-1]["type"]
    return kind in PAUSED_KINDS or (kind.endswith("_tool_result") and kind != "tool_result")


def _prefilled(content: Any) -> str | None:
    """Return the text that the answer shall go on from; None where it ends in something else."""
    if isinstance(content, str):
        return content
    last = content[-1] if content else {}
    return last["text"] if last.get("type") == "text" else None


def _has_format(params: dict[str, Any]) -> bool:
    """Whether a structured output is asked for."""
    return (params.get("output_config") or {}).get("format") is not None
