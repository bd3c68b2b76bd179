"""Judge whether the first row of a table names its columns, why, and how sure that is: `judge_header`."""

from __future__ import annotations

import re
from typing import NamedTuple

from batchtui.compose.tables.delimited.cell_types import is_year, kind_of

MAX_NAME = 100
"""Characters of a name; the question of a survey may be longer, where the cells below it are of another kind."""
MAX_QUESTION = 1000
_LEAST_BELOW = 2
"""Rows below a second header, before it is taken for one."""
_MISSING = frozenset({"na", "n/a", "n.a", "nan", "none", "null", "nil", "missing", "unknown", "tbd", "k.a", "nd"})
"""Words that stand for a missing value."""
_WORDS = re.compile(r"[a-z]+")
USUAL_NAMES = frozenset(
    {
        "id", "key", "no", "nr", "num", "number", "name", "title", "subject", "text", "body", "message", "content",
        "comment", "comments", "feedback", "review", "question", "answer", "prompt", "input", "output", "label",
        "class", "category", "kind", "type", "status", "state", "date", "time", "timestamp", "created", "updated",
        "email", "mail", "phone", "url", "link", "user", "customer", "client", "author", "from", "to", "language",
        "lang", "country", "city", "address", "price", "amount", "total", "sum", "cost", "quantity", "qty", "count",
        "rating", "score", "value", "note", "notes", "description", "summary", "topic", "tag", "tags", "source",
        "channel", "product", "item", "order", "ticket", "case", "row", "index", "col", "column", "field", "data",
        "file", "path", "age", "gender", "frage", "antwort", "betreff", "nachricht", "inhalt", "kommentar",
        "kategorie", "datum", "betrag", "preis", "anzahl", "kunde", "verwendungszweck", "buchungstag", "konto",
        "saldo", "titel", "sprache", "stadt", "nom", "texte", "sujet", "montant", "prix", "nombre", "fecha",
        "texto", "asunto", "importe", "precio", "cantidad", "cliente", "respuesta", "pregunta",
    }
)  # fmt: skip
"""Words that columns are called by and that cells seldom consist of."""


class HeaderVerdict(NamedTuple):
    """What the first row is."""

    is_header: bool
    because: str
    """The reason, as the end of a sentence that begins "because"."""
    is_sure: bool


def judge_header(first: list[str], body: list[list[str]]) -> HeaderVerdict:
    """Return whether a first row names the columns of the rows below it."""
    names = [cell.strip() for cell in first]
    columns = [[row[at].strip() for row in body if at < len(row)] for at in range(len(names))]
    if not any(names):
        return HeaderVerdict(False, "the first row is blank", True)
    return (
        # In this order: proofs by the kinds of cells are sure, words and shapes only likely.
        _refuted_by_kind(names, columns)
        or _proved_by_kind(names, columns)
        or _refuted_by_text(names, columns)
        or _proved_by_words(names, columns)
        or _guessed(names)
    )


def second_header_cell(body: list[list[str]]) -> str:
    """Return a cell of the first row that names what is below it, as in a second header; empty where none does.

    All of its cells are short texts, and each that is above numbers or dates only has letters and no digits, and is no
    word for a missing value.
    """
    if len(body) < _LEAST_BELOW + 1 or len({len(row) for row in body}) != 1:
        return ""
    first, below = body[0], list(zip(*body[1:], strict=True))
    if any(kind_of(cell) != "text" or len(cell) > MAX_NAME for cell in first):
        return ""
    found = ""
    for cell, column in zip(first, below, strict=True):
        kinds = {kind_of(each) for each in column} - {"blank"}
        if len(kinds) == 1 and kinds <= {"number", "date"}:
            if cell.strip().lower().strip("<>[]().") in _MISSING or any(map(str.isdigit, cell)):
                return ""
            if not any(map(str.isalpha, cell)):
                return ""
            found = found or _short(cell.strip())
    return found


def column_names(cells: list[str]) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and those that stand there twice, which get a number.

    A number is never one that another column has by itself.
    """
    bare = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, 1)]
    own, names, twice = set(bare), list[str](), list[str]()
    given = set[str]()
    for number, name in enumerate(bare, 1):
        made = name
        if name in given:
            twice.append(name)
            made = f"{name}_{number}"
            while made in own or made in given:
                made += "_2"
        names.append(made)
        given.add(made)
    return names, twice


def _refuted_by_kind(names: list[str], columns: list[list[str]]) -> HeaderVerdict | None:
    """A number names no column, unless it is one of the years beside a name."""
    has_text = any(kind_of(name) == "text" for name in names)
    for name, column in zip(names, columns, strict=True):
        kind = kind_of(name)
        if kind in ("blank", "text") or (kind == "flag" and _share(column, "flag") == 0 and has_text):
            continue
        if is_year(name) and kind_of(names[0]) in ("text", "blank") and not (column and all(map(is_year, column))):
            continue
        return HeaderVerdict(False, f'"{_short(name)}" in the first row is {_article(kind)}, not a name', True)
    return None


def _proved_by_kind(names: list[str], columns: list[list[str]]) -> HeaderVerdict | None:
    """A text above numbers or dates names them."""
    if max(map(len, names)) > MAX_QUESTION:
        return None
    for name, column in zip(names, columns, strict=True):
        kinds = {kind_of(cell) for cell in column} - {"blank"}
        if len(kinds) == 1 and kinds != {"text"} and kind_of(name) in ("text", "number"):
            return HeaderVerdict(True, f'"{_short(name)}" is above {kinds.pop()}s', True)
        coded = [cell for cell in column if cell]
        is_name = kind_of(name) == "text" and not any(map(str.isdigit, name)) and len(name) <= MAX_NAME
        # Three: one or two codes may be chance, and a wrong header costs a row.
        if is_name and len(coded) >= 3 and all(_is_code(cell) for cell in coded):
            return HeaderVerdict(True, f'"{_short(name)}" is above codes such as "{_short(coded[0])}"', True)
    return None


def _refuted_by_text(names: list[str], columns: list[list[str]]) -> HeaderVerdict | None:
    """What is long, ends like a sentence, or stands in its own column again is data."""
    for name, column in zip(names, columns, strict=True):
        if len(name) > MAX_NAME or "\n" in name:
            return HeaderVerdict(False, "its cells are too long for names", True)
        if name and name in column:
            return HeaderVerdict(False, f'"{_short(name)}" occurs again in its column', True)
    named = [name for name in names if name]
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        return HeaderVerdict(False, f'"{_short(twice)}" is in it twice', False)
    if all(re.search(r"\s.*[.!…]$", name) for name in named):
        return HeaderVerdict(False, "it ends like a sentence", len(named) == 1)
    return None


def _proved_by_words(names: list[str], columns: list[list[str]]) -> HeaderVerdict | None:
    """Words that columns are usually called by, above cells that are not like them."""
    usual = [name for name in names if is_usual_name(name)]
    if usual:
        return HeaderVerdict(True, f'"{_short(usual[0])}" is a usual name of a column', True)
    for name, column in zip(names, columns, strict=True):
        is_word = name.isidentifier() and (name.islower() or "_" in name)
        if is_word and column and all(" " in cell or not cell for cell in column) and any(column):
            return HeaderVerdict(True, f'"{_short(name)}" is a single word above longer texts', True)
    return None


def _guessed(names: list[str]) -> HeaderVerdict:
    if len(names) == 1 and " " in names[0]:
        return HeaderVerdict(False, "it looks like the rows below it", False)
    return HeaderVerdict(True, "its cells are short and all different", False)


def is_usual_name(name: str) -> bool:
    """Return whether a cell has a word in it that is common in names of columns and rare in data."""
    words = _WORDS.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    return 0 < len(words) <= 5 and len(name) <= 60 and any(word in USUAL_NAMES for word in words)


def _is_code(cell: str) -> bool:
    return len(cell) <= 40 and " " not in cell and any(map(str.isdigit, cell))


def _share(column: list[str], kind: str) -> float:
    return sum(kind_of(cell) == kind for cell in column) / len(column) if column else 0.0


def _article(kind: str) -> str:
    return {"address": "an address", "flag": "true or false"}.get(kind, f"a {kind}")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
