"""Make requests of tasks, `{"task_id", "task_type", "input_data", "model_tier"?}`, by a template: `TaskRenderer`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.intake.problems import CheckFault
from batchtui.intake.rules.model_table import TIERS
from batchtui.templates import DEFAULT, InvalidTemplate, RequestBuilder, Template, find_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.intake.types import CheckOptions

DEFAULT_TIER = "capable"
TASK_KEYS = ("task_id", "task_type", "input_data")
_MOST_TEMPLATES = 200


def is_task(value: dict[str, Any]) -> bool:
    """Whether an object is a task rather than a request."""
    return "task_id" in value and "params" not in value and "custom_id" not in value


class TaskRenderer:
    """Makes requests of tasks. Never judges the request that comes out."""

    def __init__(self, options: CheckOptions, template: Template | None = None, *, cache: bool | None = None) -> None:
        """`template` goes before those of the tasks' types; `cache` before what a template says."""
        self._options = options
        self._template = template
        self._cache = cache
        self._tiers = {**TIERS, **options.tiers}
        self._shapers: dict[tuple[str, str], RequestBuilder] = {}

    def render(self, task: dict[str, Any]) -> tuple[dict[str, Any] | None, list[CheckFault]]:
        """Return `{"custom_id", "params"}` and what is wrong with the task; None where no request can be made."""
        shaper, faults = self.shaper(task)
        if shaper is None:
            return None, faults
        try:
            params = shaper.params(task_values(task))
        except InvalidTemplate as fault:
            return None, [template_fault(fault, str(task["task_type"]))]
        task_id = task["task_id"]
        # The guide's own examples number their tasks; anything else that is no text is refused as a custom_id.
        return {"custom_id": str(task_id) if type(task_id) is int else task_id, "params": params}, []

    def shaper(self, task: dict[str, Any]) -> tuple[RequestBuilder | None, list[CheckFault]]:
        """Return what shapes the request of a task, and what is wrong with the task; None where nothing can."""
        missing = [key for key in TASK_KEYS if key not in task]
        if missing:
            hint = f"a task is {{{', '.join(TASK_KEYS)}, model_tier?}}"
            return None, [CheckFault("task-key-missing", f"the task has no {missing[0]}", hint, kind=missing[0])]
        kind, tier = str(task["task_type"]), task.get("model_tier") or ""
        shaper = self._shapers.get((kind, str(tier)))
        if shaper is None:
            try:
                template = self._template or _template(kind, self._options)
            except InvalidTemplate as fault:
                return None, [template_fault(fault, kind)]
            model = self._options.model or model_of(tier or template.model or DEFAULT_TIER, self._tiers, tier)
            if model is None:
                said, hint = str(tier)[:60], f"it can be {', '.join(self._tiers)}"
                return None, [CheckFault("task-tier", f'the model_tier "{said}" is not known', hint, kind=said)]
            shaper = RequestBuilder(template, model=model, max_tokens=self._options.max_tokens, cache=self._cache)
            # Bounded: types come from the data, and each keeps a compiled template.
            if len(self._shapers) >= _MOST_TEMPLATES:
                self._shapers.clear()
            self._shapers[kind, str(tier)] = shaper
        return shaper, []


def model_of(named: Any, tiers: Mapping[str, str], tier: Any = "") -> str | None:
    """Return the id of a model that is named by its tier or its id; None where a task's tier is none."""
    if isinstance(named, str) and named in tiers:
        return tiers[named]
    return None if tier or not isinstance(named, str) else named


def task_values(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template can name: the keys of input_data, and input_data itself as text."""
    data = task["input_data"]
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, indent=2)
    named = data if isinstance(data, dict) else {}
    return {**named, "data": data, "input_data": text, "task_id": task["task_id"], "task_type": task["task_type"]}


def template_fault(fault: InvalidTemplate, kind: str) -> CheckFault:
    """Return the fault of a template that does not fit a task's data."""
    return CheckFault("task-template", str(fault)[:300], "change the template or the data", kind=kind[:60])


def _template(kind: str, options: CheckOptions) -> Template:
    """Return the template for a type; the default one for a type without a template."""
    known = find_template(kind, options.templates) or find_template(DEFAULT, options.templates)
    assert known is not None
    return known
