"""Task files: `{"task_id", "task_type", "input_data", "model_tier"?}` becomes a request, by way of a template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.intake.findings import Fault
from batchtui.intake.models import TIERS
from batchtui.intake.templates import DEFAULT, Template, TemplateFault, find_template

if TYPE_CHECKING:
    from batchtui.intake.contract import CheckOptions

MAX_TOKENS = 4096
"""Where neither the template nor the options say."""
DEFAULT_TIER = "capable"
_TASK_KEYS = ("task_id", "task_type", "input_data")
_MOST_TEMPLATES = 200


def is_task(value: dict[str, Any]) -> bool:
    """Whether an object is a task rather than a request."""
    return "task_id" in value and "params" not in value and "custom_id" not in value


class TaskRenderer:
    """Makes requests of tasks. Never judges the request that comes out."""

    def __init__(self, options: CheckOptions) -> None:
        self._options = options
        self._tiers = {**TIERS, **options.tiers}
        self._templates: dict[str, Template] = {}

    def render(self, task: dict[str, Any]) -> tuple[dict[str, Any] | None, list[Fault]]:
        """Return `{"custom_id", "params"}` and what is wrong with the task; None where no request can be made."""
        missing = [key for key in _TASK_KEYS if key not in task]
        if missing:
            hint = f"a task is {{{', '.join(_TASK_KEYS)}, model_tier?}}"
            return None, [Fault("task-key-missing", f"the task has no {missing[0]}", hint, kind=missing[0])]
        tier = task.get("model_tier") or DEFAULT_TIER
        model = self._options.model or (self._tiers.get(tier) if isinstance(tier, str) else None)
        if model is None:
            hint = f"it can be {', '.join(self._tiers)}"
            return None, [
                Fault("task-tier", f'the model_tier "{str(tier)[:60]}" is not known', hint, kind=str(tier)[:60])
            ]
        try:
            template = self._template(str(task["task_type"]))
            prompt = template.fill(_values(task))
            params: dict[str, Any] = {"model": model, "max_tokens": self._max_tokens(template)}
        except TemplateFault as fault:
            return None, [
                Fault(
                    "task-template",
                    str(fault)[:300],
                    "the data and the template must fit",
                    kind=str(task["task_type"])[:60],
                )
            ]
        if template.system:
            params["system"] = template.system
        params["messages"] = [{"role": "user", "content": prompt}]
        task_id = task["task_id"]
        return {"custom_id": str(task_id) if type(task_id) is int else task_id, "params": params}, []

    def _max_tokens(self, template: Template) -> int:
        """Return how long the answer may be."""
        return self._options.max_tokens or template.max_tokens or MAX_TOKENS

    def _template(self, task_type: str) -> Template:
        """Return the template for a type; the default one for a type that nobody knows."""
        known = self._templates.get(task_type)
        if known is None:
            folder = self._options.templates
            known = find_template(task_type, folder) or find_template(DEFAULT, folder)
            assert known is not None
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()
            self._templates[task_type] = known
        return known


def _values(task: dict[str, Any]) -> dict[str, Any]:
    """Return what a template can name: the keys of input_data, and input_data itself as text."""
    data = task["input_data"]
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, indent=2)
    named = data if isinstance(data, dict) else {}
    return {**named, "data": data, "input_data": text, "task_id": task["task_id"], "task_type": task["task_type"]}
