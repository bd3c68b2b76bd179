"""Open DuckDB for one purpose, let one SELECT through, and say its errors in a sentence: `connect`, `duckdb_errors`."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = "512MB"
"""What a query may use; sorts and joins of more go to the disk."""
_PLACE = re.compile(r"\n\nLINE (\d+): (.*)\n( *)\^", re.DOTALL)
_KIND = re.compile(r"^[A-Z][A-Za-z -]{2,40} (?:Error|Exception): ")


def connect(what: str, **settings: str | bool | int) -> Any:
    """Open a database in memory. No extension is downloaded or loaded.

    Args:
        what: what needs it, as a sentence begins: "SQL needs".
        settings: of DuckDB, beside those that always hold.

    Raises:
        UsageError: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise UsageError(
            f"{what} DuckDB, which is not installed.", hint="pip install 'batchtui[data]' installs it."
        ) from None
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": MEMORY,
        **settings,
    }
    return duckdb.connect(":memory:", config=config)


@contextmanager
def duckdb_errors(begin: str) -> Iterator[None]:
    """Raise what DuckDB raises as an InputError of one sentence, which begins so and ends with the place.

    Raises:
        InputError: the query is wrong, or what it reads.
        KeyboardInterrupt: the query was interrupted.
    """
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise InputError(f"{begin}: {sentence(str(error))}") from None


def sentence(said: str) -> str:
    """Return DuckDB's words as one line: what is wrong, its advice, and where."""
    place = _PLACE.search(said)
    head = said.split("\n\nLINE", maxsplit=1)[0]
    words = " ".join(line.strip() for line in head.splitlines() if line.strip())
    words = _KIND.sub("", words)[:300].rstrip(".")
    if place is None:
        return f"{words}."
    # DuckDB shortens a long line at its ends, and then a column of it says nothing.
    near = place[2][len(place[3]) - len(f"LINE {place[1]}: ") :][:30].split("\n")[0]
    return f"{words} (line {place[1]}, at `{near}`)."


def refuse_all_but_select(connection: Any, sql: str, example: str) -> None:
    """Let one SELECT through, and nothing that writes, installs, attaches or sets.

    Raises:
        UsageError: it is something else, or several statements.
        InputError: it is no SQL.
    """
    import duckdb

    with duckdb_errors("The SQL is wrong"):
        statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("The SQL must be one SELECT.", hint=f"For example: {example}.")
