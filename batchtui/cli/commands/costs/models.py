"""`batchtui models`: the models for batches, what they may write, what they cost, and how long they live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.views.json_documents import Document, dollars, moment
from batchtui.domain.model import lifecycle_on
from batchtui.text.durations import ago
from batchtui.text.layout.tables import TextColumn
from batchtui.text.money import usd_fine
from batchtui.text.numbers import short
from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.domain.model import ModelInfo
    from batchtui.services.workspace import Workspace

COLUMNS = (
    TextColumn("MODEL", worth=100),
    TextColumn("BATCH IN", right=True, worth=90),
    TextColumn("BATCH OUT", right=True, worth=90),
    TextColumn("INPUT", right=True, worth=50),
    TextColumn("OUTPUT", right=True, worth=60),
    TextColumn("LIFE", worth=70, least=8),
    TextColumn("NAME", worth=20),
)
MILLION = 1_000_000


@define_command(
    "models", examples=["batchtui models", "batchtui models --offline", "batchtui models --json | jq -r '.models[].id'"]
)
@click.option("--offline", is_flag=True, help="Only the stored list; no network is used.")
async def command(session: Session, offline: bool) -> None:
    """List the models for batches: prices per million tokens in a batch, limits, and when each retires.

    The list is the API's for these credentials, kept for a day; without credentials or network it is the built-in one.
    """
    from batchtui.services.models import known_models, list_models

    async with session.workspace() as workspace:
        found = await (known_models(workspace) if offline else list_models(workspace))
        documents = [_document(workspace, model) for model in found.models.values()]
        now = workspace.clock.now()
    if session.json:
        source = "built-in" if found.heard_at is None else "api"
        session.out.document({"source": source, "heard_at": moment(found.heard_at), "models": documents})
        return
    rows = zip(found.models.values(), documents, strict=True)
    session.out.table(COLUMNS, [_row(model, each, now.date()) for model, each in rows])
    where = f"as listed by the API {ago(found.heard_at, now)}" if found.heard_at else "the built-in list"
    session.notes.say(f"Prices per million tokens in a batch, for short prompts. Models: {where}.")


def _document(workspace: Workspace, model: ModelInfo) -> Document:
    put_in, put_out = _prices(workspace, model)
    return {
        "id": model.id,
        "name": model.name,
        "max_input_tokens": model.max_input_tokens,
        "max_tokens": model.max_tokens,
        "batches": model.batches,
        "lifecycle": lifecycle_on(model, workspace.clock.now().date()),
        "retires_at": model.retires_at and model.retires_at.isoformat(),
        "batch_price": {"input": dollars(put_in), "output": dollars(put_out)},
    }


def _prices(workspace: Workspace, model: ModelInfo) -> tuple[Decimal | None, Decimal | None]:
    prices = workspace.prices.prices_of(model.id, workspace.clock.now().date())
    if prices is None:
        return None, None
    # The shortest prompt: some models cost more above a length, and the remark below the table says so.
    rates = prices.rates(0)
    return _of_a_million(rates.input), _of_a_million(rates.output)


def _of_a_million(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else (rate * MILLION).normalize()


def _row(model: ModelInfo, document: Document, today: date) -> tuple[str, ...]:
    from decimal import Decimal

    # Documents have amounts as strings, because JSON numbers are read as floats; the table needs them as numbers.
    price = {name: None if value is None else Decimal(value) for name, value in document["batch_price"].items()}
    state = lifecycle_on(model, today)
    life: str = state
    if model.retires_at:
        life += f", {_retirement(state, model.retires_at, today)} {model.retires_at.isoformat()}"
    # None means unknown, which is so for every model that the API does not describe.
    if model.batches is False:
        life += ", not in batches"
    return (
        sanitize(model.id), usd_fine(price["input"]), usd_fine(price["output"]), _tokens(model.max_input_tokens),
        _tokens(model.max_tokens), life, "" if model.name == model.id else sanitize(model.name),
    )  # fmt: skip


def _retirement(life: str, last_day: date, today: date) -> str:
    """Return a model's date of retirement in words."""
    if life == "retired":
        return "last day"
    return "retires" if last_day >= today else "was due to retire"


def _tokens(number: int | None) -> str:
    return "·" if number is None else short(number)
