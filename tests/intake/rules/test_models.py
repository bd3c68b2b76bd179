"""Models are data: one table, the API's list over it, and one answer to whether a model still lives."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from importlib import import_module, metadata, resources
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.model import ModelInfo, fill_unknown, lifecycle_on
from batchtui.gateway.parsing import parse_model
from batchtui.intake.rules.model_table import built_in, find_model, ids, living, row_of
from tests.intake.builders import faults, only, request

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 30)
SONNET = "claude-sonnet-4-5"
DEPRECATED_MODELS: dict[str, str] = import_module("anthropic.resources.messages.messages").DEPRECATED_MODELS


def day(words: str) -> date:
    """The SDK writes days as "November 30th, 2026"."""
    month, number, year = words.replace(",", "").split()
    return datetime.strptime(f"{month} {number[:-2]} {year}", "%B %d %Y").date()  # noqa: DTZ007


def test_the_sdks_list_of_deprecations_is_the_tables() -> None:
    ours = {name: row_of(name) for name in DEPRECATED_MODELS}
    assert {name: row and row.retires_at for name, row in ours.items()} == {
        name: day(words) for name, words in DEPRECATED_MODELS.items()
    }


@pytest.mark.skipif(metadata.version("anthropic") < "2.14", reason="the list was shorter then")
def test_every_retirement_to_come_in_the_table_is_in_the_sdks_list() -> None:
    coming = {name for name, row in ids().items() if (built_in()[row].retires_at or date.min) >= TODAY}
    assert coming - DEPRECATED_MODELS.keys() == set()


def test_no_two_rows_share_an_id() -> None:
    text = resources.files("batchtui.intake.rules").joinpath("models.toml").read_text(encoding="utf-8")
    names = [name for row in tomllib.loads(text)["model"] for name in (row["id"], *row.get("aliases", ()))]
    assert len(names) == len(set(names))


def test_a_row_of_a_living_model_is_whole() -> None:
    for model in living().values():
        assert model.max_tokens, model.id
        assert model.max_input_tokens, model.id
        assert None not in (model.batches, model.prefill, model.structured_outputs, model.images, model.pdfs)
        assert model.sampling in ("one", "defaults")
        assert set(model.efforts) == {"low", "medium", "high", "xhigh", "max"}
        assert set(model.thinking) <= {"enabled", "adaptive", "disabled", "between_tools"}


@pytest.mark.parametrize(
    ("info", "life"),
    [
        (ModelInfo("m", "M"), "active"),
        (ModelInfo("m", "M", retires_at=TODAY), "deprecated"),
        (ModelInfo("m", "M", retires_at=TODAY - timedelta(days=1)), "retired"),
        (ModelInfo("m", "M", lifecycle="deprecated", retires_at=date(2026, 1, 1)), "deprecated"),
        (ModelInfo("m", "M", lifecycle="active", retires_at=date(2026, 1, 1)), "active"),
        (ModelInfo("m", "M", lifecycle="retired"), "retired"),
        (ModelInfo("m", "M", lifecycle="sunset", retires_at=TODAY - timedelta(days=1)), "retired"),
        (ModelInfo("m", "M", deprecated_at=TODAY), "deprecated"),
        (ModelInfo("m", "M", deprecated_at=TODAY + timedelta(days=1)), "active"),
    ],
)
def test_a_model_retires_when_the_list_says_so_else_on_the_day_after_its_date(info: ModelInfo, life: str) -> None:
    assert lifecycle_on(info, TODAY) == life


@pytest.mark.parametrize(
    ("today", "code", "severity"),
    [
        (date(2026, 10, 1), None, None),
        (date(2026, 11, 30), "model-retiring", "warning"),
        (date(2026, 12, 1), "model-retired", "error"),
    ],
)
def test_a_check_without_a_list_goes_by_the_date(
    today: date, code: str | None, severity: str | None, tmp_path: Path
) -> None:
    found = faults(tmp_path, request(model=SONNET), today=today)
    assert [(each.code, each.severity.value) for each in found] == ([(code, severity)] if code else [])


def test_an_overdue_retirement_is_a_warning_while_the_api_lists_the_model(tmp_path: Path) -> None:
    listed = ModelInfo("claude-sonnet-4-5-20250929", "S", lifecycle="deprecated", retires_at=TODAY)
    found = faults(tmp_path, request(model=SONNET), today=date(2026, 12, 9), models={listed.id: listed})
    assert (only(found).code, only(found).severity.value) == ("model-retiring", "warning")
    assert "was due to retire on 2026-11-30" in only(found).message


@pytest.mark.parametrize("gone", ["claude-opus-4-1", "claude-3-haiku-20240307", "claude-sonnet-4-0"])
def test_a_retired_model_goes_out_with_a_warning_where_the_user_wants_it(gone: str, tmp_path: Path) -> None:
    assert only(faults(tmp_path, request(model=gone))).severity.value == "error"
    allowed = only(faults(tmp_path, request(model=gone), allowed_models=(gone,)))
    assert (allowed.code, allowed.severity.value) == ("model-retired", "warning")


def test_findings_about_an_allowed_model_are_warnings(tmp_path: Path) -> None:
    value = request(model="claude-opus-4-7", max_tokens=5000, thinking={"type": "enabled", "budget_tokens": 2000})
    assert only(faults(tmp_path, value)).severity.value == "error"
    allowed = only(faults(tmp_path, value, allowed_models=("claude-opus-4-7",)))
    assert (allowed.code, allowed.severity.value) == ("thinking-refused", "warning")


def listed(**facts: Any) -> ModelInfo:
    """A model as `/v1/models` lists it."""
    found = parse_model({"type": "model", "id": SONNET, "display_name": "S", **facts})
    assert found is not None
    return found


@pytest.mark.parametrize("nothing", [None, 0])
def test_null_and_0_in_a_list_are_unknown(nothing: int | None, tmp_path: Path) -> None:
    info = listed(max_tokens=nothing, max_input_tokens=nothing, lifecycle=None, retires_at=None, capabilities=None)
    assert (info.max_tokens, info.max_input_tokens, info.lifecycle, info.batches) == (None, None, None, None)
    assert find_model(SONNET, {SONNET: info}) == fill_unknown(info, row_of(SONNET))
    assert only(faults(tmp_path, request(model=SONNET), models={SONNET: info})).code == "model-retiring"


@pytest.mark.parametrize(
    ("capabilities", "value", "code"),
    [
        ({"batch": {"supported": False}}, {}, "model-without-batches"),
        ({"thinking": {"supported": True, "types": {"enabled": {"supported": False}}}},
         {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking-refused"),
        ({"thinking": {"supported": False}}, {"thinking": {"type": "enabled", "budget_tokens": 1024}},
         "thinking-refused"),
        ({"effort": {"supported": True, "low": {"supported": True}, "max": {"supported": False}}},
         {"output_config": {"effort": "max"}}, "effort-refused"),
        ({"effort": {"supported": False}}, {"output_config": {"effort": "low"}}, "effort-refused"),
        ({"structured_outputs": {"supported": False}},
         {"output_config": {"format": {"type": "json_schema", "schema": {"type": "string"}}}},
         "structured-outputs-refused"),
        ({"image_input": {"supported": False}},
         {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]},
         "media-refused"),
        ({"pdf_input": {"supported": False}},
         {"messages": [{"role": "user", "content": [{"type": "document", "source": {
             "type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjcK"}}]}]}, "media-refused"),
    ],
)  # fmt: skip
def test_the_capabilities_of_the_list_go_over_the_table(
    capabilities: dict[str, Any], value: dict[str, Any], code: str, tmp_path: Path
) -> None:
    info = listed(id="claude-opus-4-5", capabilities=capabilities, lifecycle="active")
    found = faults(tmp_path, request(model="claude-opus-4-5", max_tokens=5000, **value), models={info.id: info})
    assert only(found).code == code


def test_facts_missing_from_the_model_list_come_from_the_table() -> None:
    info = fill_unknown(listed(id="claude-opus-5", max_tokens=77), row_of("claude-opus-5"))
    assert (info.max_tokens, info.prefill, info.thinking["enabled"]) == (77, False, False)
    assert info.disabled_not_at == ("xhigh", "max")
