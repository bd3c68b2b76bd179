"""Detect how a table of text is written, from its first rows: delimiter, quotation marks, lines above: `sniff`.

Not csv.Sniffer: it takes letters for delimiters (three palindromes have the delimiter "n"), is blind for one column,
and needs seconds for long quoted cells. Here each delimiter that people use is tried on the first rows, as DuckDB and
CleverCSV do; on the corpus of tests/compose/tables both read fewer files right.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from io import StringIO
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from batchtui.compose.tables.base import MAX_CELL
from batchtui.compose.tables.delimited.cell_types import kind_of
from batchtui.compose.tables.delimited.header import is_usual_name, judge_header

if TYPE_CHECKING:
    from collections.abc import Iterable

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""Delimiters that are tried first, with the words for them."""
RARE = {
    "\x01": "control A", "\x1f": "unit separator", "^": "caret", "~": "tilde", "\xa6": "broken bar",
    "\xa7": "paragraph mark", "\xb6": "pilcrow", "\xac": "negation mark", "\u2021": "double dagger", "\u2020": "dagger",
    " ": "blank",
}  # fmt: skip
"""Delimiters that are tried where none of the others fits."""
NONE = "\x1e"
"""The delimiter of a table of one column: it stands in no text."""
MAX_ABOVE = 30
"""Lines above the header that are left out."""
MAX_BELOW = 10
"""Lines below the table that are left out."""
LEAST_SHARE, LEAST_SHARE_BELOW = 0.6, 0.75
"""Share of rows that must be equally wide: where the first one is, too, and below lines that are not."""
_TRIED_ROWS = 200
_LEAST_TABLE = 3
"""Rows that make a table of what stands above another one: a header and two rows."""
_DASHES = re.compile(r" *-{2,}(?: +-{2,})+ *")
_SEP = re.compile(r"\A\"?sep=(.)\"?[,;\t|]*(?:\r\n|\n|\r)", re.IGNORECASE)
"""What Excel writes and reads in a first line to name the delimiter."""
_RULER = re.compile(r"[-+=:|\s]*--[-+=:|\s]*|[-+=\s]*==[-+=\s]*")
_TOTAL = re.compile(
    r"\W*(?:grand |sub)?(?:totals?|sum|summe|gesamt|average|mean|durchschnitt|count|anzahl|moyenne)\W*", re.IGNORECASE
)
_FOOTER = re.compile(
    r"\W*(?:\d+ (?:rows?|records?|lines?|entries|zeilen|lignes|filas)\b|totals?\b|grand total|sum\b|summe\b|gesamt"
    r"|count\b|rows? (?:count|affected)|number of|records?:|end of|ende\b|fin\b|source:|quelle:|generated|created"
    r"|exported|erstellt|exportiert|report\b|page \d|seite \d|completion time|time:|query ok|©|copyright|disclaimer"
    r"|note:|\*{2,}|-{3,})",
    re.IGNORECASE,
)
"""How remarks below a table begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvDialect:
    """How rows are written."""

    delimiter: str = ","
    quote: str = '"'
    """Empty where quotation marks are text like any other."""
    escape: str = ""
    """What stands before a quotation mark in a cell, instead of doubling it."""
    skips_blanks: bool = False
    """Whether blanks behind a delimiter are no part of the cell."""
    strips: bool = False
    """Whether blanks around a cell are none of it: the table is drawn with a ruler."""
    is_boxed: bool = False
    """Whether a delimiter stands before the first cell of each row, too: the table is drawn in a box."""
    skip: int = 0
    """Lines above the table."""
    says_delimiter: bool = False
    """Whether the first line names the delimiter, as Excel's `sep=;` does."""
    comment: str = ""
    """Lines that begin with it are left out."""
    is_comment_found: bool = False
    """Whether it was found, and not given: then only lines that have not as many cells as a row are left out."""
    width: int = 0
    """Columns."""
    width_above: int = 0
    """Columns of another table that stands above this one; 0 where none does."""
    has_row_names: bool = False
    """Whether the header has no cell for the first column, which holds the names of the rows (R)."""
    is_sure: bool = True
    because: str = ""
    """Why this delimiter."""

    def reader(self, lines: Iterable[str], *, strict: bool = True) -> Any:
        """Return a csv.reader of lines, whose class has no public name."""
        csv.field_size_limit(MAX_CELL)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
            doublequote=True,
            skipinitialspace=self.skips_blanks,
            strict=strict,
        )


class _Row(NamedTuple):
    line: int
    """Lines of the text before it."""
    cells: list[str]


class _Trial(NamedTuple):
    """The first rows as one dialect reads them."""

    dialect: CsvDialect
    rows: list[_Row]
    """Of the table, the header first."""
    errors: int
    share: float
    score: float


class _Sample(NamedTuple):
    """The beginning of a table, and what is known about it."""

    lines: list[str]
    is_whole: bool
    skip: int
    """Lines that are passed over in any case."""
    finds_above: bool
    """Whether lines above the header are looked for."""
    comment: str


def sniff(
    text: str, *, is_whole: bool, delimiter: str | None = None, skip: int | None = None, comment: str | None = None
) -> tuple[CsvDialect, list[list[str]]]:
    """Return how a table is written, and its first rows as it reads them, the header among them.

    Args:
        text: its beginning.
        is_whole: whether that is all of it; otherwise its last row may be incomplete.
        delimiter: where it is known.
        skip: lines above the table, where that is known.
        comment: what lines that are left out begin with, where that is known.
    """
    lines = list(StringIO(text, newline=""))
    said = _SEP.match(text) if not skip else None
    if said is not None:
        delimiter, sample = delimiter or said[1], _Sample(lines, is_whole, 1, False, comment or "")
    else:
        sample = _Sample(lines, is_whole, skip or 0, skip is None, comment or "")
    if delimiter is not None:
        trial = _best_quoting(sample, delimiter, is_given=True)
        if trial is not None and said is not None:
            trial = trial._replace(dialect=replace(trial.dialect, skip=1, says_delimiter=True))
        return (trial.dialect, [row.cells for row in trial.rows]) if trial else (_one_column(sample, delimiter), [])
    trials = [trial for each in DELIMITERS if (trial := _best_quoting(sample, each)) is not None]
    trials = trials or [trial for each in RARE if (trial := _best_quoting(sample, each)) is not None]
    if not trials:
        trial = _best_quoting(sample, NONE, is_given=True)
        return (trial.dialect, [row.cells for row in trial.rows]) if trial else (_one_column(sample, NONE), [])
    # Rounded: between scores that are as good as equal, more columns decide.
    trials.sort(key=lambda trial: (round(trial.score, 2), trial.dialect.width), reverse=True)
    best = trials[0]
    is_sure = best.share > 0.95 and (len(trials) < 2 or trials[1].score < 0.9 * best.score)
    because = f"{round(100 * best.share)} % of the first rows have {best.dialect.width} cells then"
    return replace(best.dialect, is_sure=is_sure, because=because), [row.cells for row in best.rows]


def _one_column(sample: _Sample, delimiter: str) -> CsvDialect:
    return CsvDialect(delimiter=delimiter, skip=sample.skip, comment=sample.comment)


def _best_quoting(sample: _Sample, delimiter: str, *, is_given: bool = False) -> _Trial | None:
    """Return what a delimiter makes of the sample, with the quotation marks that fit best; None where it fits none."""
    comment = sample.comment
    if not comment and sample.finds_above and _has_comments_above(sample, delimiter):
        comment = "#"
    is_found = comment != sample.comment
    plain = CsvDialect(delimiter=delimiter, skip=sample.skip, comment=comment, is_comment_found=is_found)
    # Any text has blanks: only the way in which R writes tables makes them delimiters.
    if delimiter == " " and not _is_of_r(sample):
        return None
    best = base = _tried(sample, plain)
    for other in _quotings(sample, base):
        trial = _tried(sample, other)
        if (-trial.errors, trial.share, trial.score) > (-best.errors, best.share, best.score):
            best = trial
    if is_given:
        return best if best.rows else None
    least = LEAST_SHARE if best.dialect.skip == sample.skip else LEAST_SHARE_BELOW
    is_table = best.dialect.width > 1 and best.share >= least and bool(best.rows)
    return best if is_table else None


def _quotings(sample: _Sample, base: _Trial) -> list[CsvDialect]:
    """Return the other ways of quoting for which there are signs in the sample."""
    plain, others = replace(base.dialect, skip=sample.skip), list[CsvDialect]()
    cells = [cell for row in base.rows for cell in row.cells]
    if any('\\"' in line for line in sample.lines):
        others.append(replace(plain, escape="\\"))
    if any(cell.startswith(" ") and cell.lstrip().startswith('"') for cell in cells):
        others.append(replace(plain, skips_blanks=True))
    if sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells) * 2 >= len(base.rows) > 0:
        others.append(replace(plain, quote="'"))
    # One error is a wrong row; where tabs stand between the cells, few programs quote at all.
    if base.errors and (plain.delimiter == "\t" or base.errors > 1):
        others.append(replace(plain, quote=""))
    return others


def _is_of_r(sample: _Sample) -> bool:
    """Whether blanks stand between names in quotation marks; elsewhere they stand between the words of a text."""
    head = sample.lines[sample.skip] if len(sample.lines) > sample.skip else ""
    return re.fullmatch(r'"[^"]*"(?: "[^"]*")+\s*', head) is not None


def _has_comments_above(sample: _Sample, delimiter: str) -> bool:
    """Whether lines with # stand above the table that are no header with a # before its first name."""
    count = 0
    while count < len(sample.lines) and sample.lines[count].startswith("#"):
        count += 1
    if not count or count == len(sample.lines):
        return False
    cells, below = sample.lines[count - 1].count(delimiter), sample.lines[count].split(delimiter)
    if not cells or cells != len(below) - 1:
        return True
    # Of several, the last is the header (`#CHROM` of VCF) where the row below it is none.
    return count > 1 and all(kind_of(cell) == "text" for cell in below)


def _tried(sample: _Sample, dialect: CsvDialect) -> _Trial:
    """Return what a dialect makes of the first rows."""
    rows, errors = _parsed(sample, dialect)
    rulers = [row for row in rows if is_ruler(row.cells)]
    rows = [row for row in rows if not is_ruler(row.cells) and not is_blank(row.cells)]
    firsts = [row.cells[0] for row in rows if len(row.cells) > 1]
    is_boxed = bool(rulers and firsts) and dialect.delimiter == "|" and is_blank(firsts)
    if rulers:
        rows = [
            row._replace(cells=[cell.strip() for cell in row.cells[is_boxed and len(row.cells) > 1 :]]) for row in rows
        ]
    if not rows:
        return _Trial(dialect, [], errors, 0.0, 0.0)
    width = _width(rows)
    above = _rows_above(rows, width) if sample.finds_above and width > 1 else 0
    has_row_names = above > 0 and _names_rows(rows[above - 1].cells, rows[above:], width)
    above -= has_row_names
    table = rows[above:]
    counted = list(table)
    while (
        sample.is_whole
        and len(counted) > 1
        and len(table) - len(counted) < MAX_BELOW
        and not fits(counted[-1].cells, width)
    ):
        counted.pop()
    good = [row.cells for row in counted if fits(row.cells, width)]
    share = (len(good) + has_row_names) / (len(counted) + errors)
    if above and (len(good) < 2 or _is_one_column(rows[:above], good)):
        share = 0.0
    covered = len(table) / len(rows)
    score = share * share * _cell_score(good, dialect) * (0.5 + covered / 2)
    found = replace(
        dialect,
        skip=sample.skip + (table[0].line if above or dialect.comment else 0),
        width=width,
        has_row_names=bool(has_row_names),
        width_above=_width_of_table(rows[:above], width),
        is_boxed=is_boxed,
        strips=bool(rulers),
    )
    return _Trial(found, table, errors, share, score)


def _width_of_table(rows: list[_Row], below: int) -> int:
    """Return how many columns a table has that these rows begin with; 0 where they are titles and remarks.

    A single row of more names than the `below` columns is one, too: what the rows lack nobody knows.
    """
    width = len(rows[0].cells) if rows else 0
    if len(rows) == 1 and width > below and sum(map(is_usual_name, rows[0].cells)) * 2 >= width:
        return width
    table = [row.cells for row in takewhile(lambda row: len(row.cells) == width, rows)]
    if width < 2 or len(table) < _LEAST_TABLE or not all(kind_of(cell) == "text" for cell in table[0]):
        return 0
    verdict = judge_header(table[0], table[1:])
    is_table = all(map(is_usual_name, table[0])) or (width > 2 and verdict.is_header and verdict.is_sure)
    return width if is_table else 0


def is_fixed_width(text: str) -> bool:
    """Whether columns are as wide as the dashes below their names, as sqlcmd and db2 write them."""
    return any(map(_DASHES.fullmatch, text.splitlines()[:MAX_ABOVE]))


def _is_one_column(above: list[_Row], good: list[list[str]]) -> bool:
    """Whether what looks like a title above the table is the name of its one column, whose texts have commas."""
    is_prose = all(cell.startswith(" ") for cells in good for cell in cells[1:])
    is_name = len(above) == 1 and len(above[0].cells) == 1 and is_usual_name(above[0].cells[0])
    return is_prose or (is_name and " " not in above[0].cells[0].strip())


def _without_end(rows: list[_Row], width: int) -> list[_Row]:
    """Return rows without those at the end that may be remarks below the table."""
    end = len(rows)
    while end > 1 and len(rows) - end < MAX_BELOW and not fits(rows[end - 1].cells, width):
        end -= 1
    return rows[:end]


def _parsed(sample: _Sample, dialect: CsvDialect) -> tuple[list[_Row], int]:
    """Return the first rows and the number of those that cannot be read."""
    numbered = [
        (number, line)
        for number, line in enumerate(sample.lines[sample.skip :])
        if not (dialect.comment and line.startswith(dialect.comment))
    ]
    reader = dialect.reader([line for _, line in numbered])
    rows, errors = list[_Row](), 0
    while len(rows) < _TRIED_ROWS:
        at = reader.line_num
        try:
            rows.append(_Row(numbered[at][0] if at < len(numbered) else 0, next(reader)))
        except StopIteration:
            # The sample may end in the middle of its last row.
            if not sample.is_whole and len(rows) > 1:
                rows.pop()
            break
        except csv.Error as fault:
            errors += sample.is_whole or "unexpected end" not in str(fault)
    return rows, errors


def _width(rows: list[_Row]) -> int:
    """Return the number of cells that most rows have, without columns at the end in which nothing stands."""
    counts = Counter(len(row.cells) for row in rows if len(row.cells) > 1) or Counter([1])
    width = max(counts, key=lambda each: (counts[each], each))
    wide = [row.cells for row in rows if len(row.cells) == width]
    while width > 1 and not any(cells[width - 1].strip() for cells in wide):
        width -= 1
    return width


def _rows_above(rows: list[_Row], width: int) -> int:
    """Return how many rows stand above the table: titles, which have fewer cells or only one that is not blank."""
    above, most = 0, min(len(rows) - 1, MAX_ABOVE)
    if fits(rows[0].cells, width) and all(kind_of(cell) == "text" for cell in rows[0].cells[:width]):
        return 0  # A header: that the row below it is ragged is a fault of that row.
    while above < most and not (fits(rows[above].cells, width) and fits(rows[above + 1].cells, width)):
        above += 1
    if above == most and not fits(rows[above].cells, width):
        return 0
    return _below_titles(rows, above, width)


def _below_titles(rows: list[_Row], above: int, width: int) -> int:
    """Return the first row that has more than its first cell, where every cell of it is full of text."""
    at = above
    while at < len(rows) - 1 and width > 1 and is_blank(rows[at].cells[1:]):
        at += 1
    names = rows[at].cells[:width]
    return at if at - above <= MAX_ABOVE and all(kind_of(cell) == "text" for cell in names) else above


def _names_rows(header: list[str], rows: list[_Row], width: int) -> bool:
    """Whether a row with a cell less than the table is its header, as R writes it: the first column names the rows."""
    if len(header) != width - 1 or width < 3 or not all(kind_of(cell) == "text" for cell in header):
        return False
    table = [row.cells for row in rows if fits(row.cells, width)]
    verdict = judge_header(table[0][:width], [cells[:width] for cells in table[1:]]) if table else None
    if verdict and verdict.is_header and verdict.is_sure:
        return False
    first = [cells[0] for cells in table]
    return len(first) > 1 and len(set(first)) == len(first) and len(set(header)) == len(header)


def _cell_score(rows: list[list[str]], dialect: CsvDialect) -> float:
    """Return from 0 to 1 how much the cells look like cells."""
    cells = [cell for row in rows[:100] for cell in row[: dialect.width or None]]
    return sum(_looks_whole(cell, dialect.delimiter) for cell in cells) / len(cells) if cells else 0.0


def _looks_whole(cell: str, delimiter: str) -> float:
    if kind_of(cell) != "text":
        return 1.0
    if cell[0] in "\"'" or (cell[-1] in "\"'" and cell.count(cell[-1]) == 1):
        return 0.5
    if any(other in cell for other in DELIMITERS if other != delimiter and other != ","):
        return 0.5
    if delimiter != "," and re.search(r",\S", cell):
        return 0.5
    return 0.8 if cell[0] == " " else 1.0


def is_ruler(cells: list[str]) -> bool:
    """Whether a row is only a line drawn below the header."""
    joined = " ".join(cells)
    return len(joined) > 1 and _RULER.fullmatch(joined) is not None


def is_footer(cells: list[str]) -> bool:
    """Whether a row below a table sounds like a remark about it: a number of rows, a total, a source."""
    first = next((cell for cell in cells if cell.strip()), "")
    return _FOOTER.match(first.strip()) is not None


def is_total(cells: list[str]) -> bool:
    """Whether a row sums up the others: a word for it, and numbers."""
    first, *others = [cell.strip() for cell in cells if cell.strip()] or [""]
    return _TOTAL.fullmatch(first) is not None and {kind_of(cell) for cell in others} == {"number"}


def is_blank(cells: list[str]) -> bool:
    """Whether nothing stands in a row."""
    return not any(cell and not cell.isspace() for cell in cells)


def fits(cells: list[str], width: int) -> bool:
    """Whether a row has as many cells as the table has columns, blank ones at its end aside."""
    return len(cells) == width or (len(cells) > width and not any(cell.strip() for cell in cells[width:]))
