"""Show spending, as a table, CSV or JSON: `show_ledger`."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from batchtui.text.batch_json import Document, counts_document, dollars
from batchtui.text.layout.tables import TextColumn
from batchtui.text.money import UNKNOWN_CELL, at_least, usd, usd_fine
from batchtui.text.numbers import amount, count, percent, short
from batchtui.text.safe import sanitize
from batchtui.text.sentences.outcome_words import counts_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.services.estimates.calculator import CalculatedCost
    from batchtui.services.spending.ledger import Ledger, LedgerLine

COLUMNS = (
    TextColumn("", worth=100, least=10),
    TextColumn("COST", right=True, worth=99),
    TextColumn("ESTIMATE", right=True, worth=75),
    TextColumn("STANDARD", right=True, worth=80),
    TextColumn("SAVED", right=True, worth=70),
    TextColumn("BATCHES", right=True, worth=40),
    TextColumn("ANSWERS", right=True, worth=60),
    TextColumn("INPUT", right=True, worth=50),
    TextColumn("OUTPUT", right=True, worth=55),
    TextColumn("CACHE", right=True, worth=30),
)
SUMS = (
    TextColumn("MODEL", worth=100),
    TextColumn("TIER", worth=40),
    TextColumn("BATCH", right=True, worth=90),
    TextColumn("STANDARD", right=True, worth=80),
    TextColumn("SAVED", right=True, worth=50),
)
CATEGORIES = {
    "input": "input",
    "cache_write_5m": "cache write, 5 min",
    "cache_write_1h": "cache write, 1 h",
    "cache_read": "cache read",
    "output": "output",
    "web_searches": "web search",
}


def show_ledger(session: Session, ledger: Ledger, *, named: str | None, as_csv: bool) -> None:
    """Print a ledger as text, CSV or JSON."""
    if session.json:
        session.out.document(ledger_document(ledger))
        return
    if as_csv:
        lines = ledger.lines or (ledger.total,)
        _csv(session, [_flat(line) for line in lines])
        return
    if ledger.by is None:
        session.out.lines(sheet(ledger, named))
    else:
        heading = TextColumn(ledger.by.upper(), worth=100, least=10)
        rows = [_row(line) for line in (*ledger.lines, ledger.total)]
        session.out.table((heading, *COLUMNS[1:]), rows)
    # To stderr, so that the table stays what a script can cut into columns.
    for line in remarks(ledger):
        session.notes.say(line)


def sheet(ledger: Ledger, named: str | None) -> Iterator[str]:
    """Yield the lines about the total: cost, categories, savings."""
    total = ledger.total
    of = f" of {sanitize(named)}" if named else ""
    batches = amount(len(total.batches), "batch", "batches")
    yield f"cost{of}: {_money(total)}, {amount(total.results, 'answer')}, {batches}"
    if ledger.expected is not None and total.batches:
        yield f"  estimated: {usd_fine(ledger.expected)}{_compared(total.cost, ledger.expected)}"
    if ledger.counts.failed and total.batches:
        unbilled = counts_words(replace(ledger.counts, succeeded=0, processing=0))
        billed = f"{ledger.counts.succeeded:,} of {amount(ledger.counts.total, 'request')}"
        yield f"  billed: {billed}; not billed: {unbilled}"
    for name, said in CATEGORIES.items():
        if tokens := _tokens(total, name):
            unit = "" if name == "web_searches" else " tokens"
            thinking = total.usage.thinking_tokens if name == "output" else 0
            more = f", of which {short(thinking)} thinking" if thinking else ""
            yield f"  {said}: {_category(total, name)} for {short(tokens)}{unit}{more}"
    if total.known:
        yield f"  at standard prices: {usd(total.standard)}; batch discount {usd(total.saved)}"
    if total.hit_rate is not None:
        verb = "saved" if total.caching >= 0 else "cost"
        saved = f"which {verb} {usd(abs(total.caching))}"
        yield f"  prompt cache: {percent(total.hit_rate)} of the input was read from it, {saved}"


def remarks(ledger: Ledger) -> Iterator[str]:
    """Yield a sentence for each kind of cost that the figures do not include."""
    if ledger.total.unknown:
        if ledger.total.unknown == 1:
            yield "1 answer has no known cost: its model has no price, or its usage is missing."
        else:
            answers = amount(ledger.total.unknown, "answer")
            yield f"{answers} have no known cost: their model has no price, or their usage is missing."
    if ledger.in_flight is None:
        yield "In progress: no known upper bound."
    elif ledger.in_flight:
        yield f"In progress: up to {usd_fine(ledger.in_flight)}."
    if ledger.uncounted:
        ended = amount(ledger.uncounted, "ended batch", "ended batches")
        yield f"{ended} not counted: their results are not saved. `batchtui results ID` downloads them."


def show_calculation(session: Session, sums: Sequence[CalculatedCost], *, as_csv: bool) -> None:
    """Print a calculation as text, CSV or JSON."""
    documents = [_sum_document(each) for each in sums]
    if session.json:
        session.out.document(documents)
    elif as_csv:
        _csv(session, documents)
    else:
        rows = [
            (
                sanitize(each.model),
                each.tier,
                usd_fine(each.batch),
                usd_fine(each.standard),
                usd_fine(_difference(each)),
            )
            for each in sums
        ]
        session.out.table(SUMS, rows)


def ledger_document(ledger: Ledger) -> Document:
    """Write a ledger: USD as strings, null where unknown; what is known of an unknown sum has a field of its own."""
    return {
        "by": ledger.by,
        "lines": [_line_document(line) for line in ledger.lines],
        "total": _line_document(ledger.total),
        "estimate": dollars(ledger.expected),
        "request_counts": counts_document(ledger.counts),
        "in_flight_at_most": dollars(ledger.in_flight),
        "uncounted_batches": ledger.uncounted,
    }


def _line_document(line: LedgerLine) -> Document:
    usage = line.usage
    return {
        "label": line.label,
        "cost": dollars(line.cost),
        "known": dollars(line.known),
        "estimate": dollars(line.expected),
        "unpriced_answers": line.unknown,
        "without_usage": line.unmetered,
        "batches": len(line.batches),
        "answers": line.results,
        "categories": {name: dollars(getattr(line.categories, name)) for name in CATEGORIES},
        "tokens": {field.name: getattr(usage, field.name) for field in fields(usage)},
        "standard": dollars(line.standard),
        "saved": dollars(line.saved),
        "cache": {"hit_rate": line.hit_rate, "saved": dollars(line.caching)},
    }


def _flat(line: LedgerLine) -> Document:
    # A cell holds one value: the objects inside are written as columns.
    document = _line_document(line)
    for name in ("categories", "tokens", "cache"):
        nested = document.pop(name)
        document |= {f"cost_{key}" if name == "categories" else f"cache_{key}" if name == "cache" else key: value
                     for key, value in nested.items()}  # fmt: skip
    return document


def _csv(session: Session, documents: Sequence[Document]) -> None:
    # newline="": the csv module writes its own line ends.
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(documents[0]) if documents else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(_harmless(document) for document in documents)
    session.out.lines(written.getvalue().splitlines())


def _harmless(document: Document) -> Document:
    """Return the document with an apostrophe before a label that a spreadsheet would run."""
    return {
        # Labels are the only cells with text from outside: names of jobs, tags and models.
        key: f"'{value}" if isinstance(value, str) and key == "label" and value[:1] in "=+-@\t\r" else value
        for key, value in document.items()
    }


def _row(line: LedgerLine) -> tuple[str, ...]:
    cache = "" if line.hit_rate is None else f"{line.hit_rate:.0%}"
    return (
        sanitize(line.label), _money(line), usd(line.expected, unknown=UNKNOWN_CELL), _priced(line, line.standard),
        _priced(line, line.saved),
        count(len(line.batches)), count(line.results), short(line.usage.total_input), short(line.usage.output_tokens),
        cache,
    )  # fmt: skip


def _compared(cost: Decimal | None, expected: Decimal) -> str:
    """Return the actual cost as a share of the estimate, in words; empty where it is unknown."""
    if cost is None or not expected:
        return ""
    return f"; it came to {percent(float(cost / expected))} of that"


def _money(line: LedgerLine) -> str:
    if line.cost is not None:
        return usd(line.cost)
    if line.unmetered:
        return at_least(line.known, line.unmetered, line.results)
    return f"at least {usd_fine(line.known)}" if line.known else usd(None)


def _priced(line: LedgerLine, amount: Decimal) -> str:
    """Return an amount that is a sum of what has a price; unknown where nothing has."""
    return UNKNOWN_CELL if line.cost is None and not line.known else usd(amount)


def _category(line: LedgerLine, name: str) -> str:
    """Return what one category cost; unknown where its tokens have no price, never $0.00 for that."""
    amount: Decimal = getattr(line.categories, name)
    return usd(None) if line.unknown and not amount else usd(amount)


def _tokens(line: LedgerLine, category: str) -> int:
    name = category if category == "web_searches" else f"{category}_tokens"
    return int(getattr(line.usage, name))


def _sum_document(each: CalculatedCost) -> Document:
    return {
        "model": each.model,
        "tier": each.tier or None,
        "batch": dollars(each.batch),
        "standard": dollars(each.standard),
    }


def _difference(each: CalculatedCost) -> Decimal | None:
    return None if each.batch is None or each.standard is None else each.standard - each.batch
