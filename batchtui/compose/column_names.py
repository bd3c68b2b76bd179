"""Map columns to the names that a template can use, and guess which one was meant: `placeholder_name`, `aliases`."""

from __future__ import annotations

import re
from difflib import get_close_matches

from batchtui.domain.errors import InputError


def closest(wanted: str, names: tuple[str, ...]) -> str:
    """Return which name may have been meant, as the end of a sentence with its full stop."""
    lower = {name.lower(): name for name in names}
    # Looser than difflib's 0.6: a table has few columns, and a wrong guess costs nothing.
    close = get_close_matches(wanted.lower(), lower, n=1, cutoff=0.5)
    return f'; did you mean "{lower[close[0]]}"?' if close else "."


def list_names(columns: tuple[str, ...]) -> str:
    """List columns, with what a template calls those that are no names."""
    said = [
        column if column == placeholder_name(column) else f"{column} ({{{{ {placeholder_name(column)} }}}})"
        for column in columns
    ]
    more = f" and {len(said) - 40} more" if len(said) > 40 else ""
    return ", ".join(said[:40]) + more


def placeholder_name(column: str) -> str:
    """Return what a template can call a column whose name is none in Jinja."""
    if column.isidentifier():
        return column
    name = re.sub(r"\W+", "_", column).strip("_") or "column"
    return f"_{name}" if name[0].isdigit() else name


def aliases(columns: tuple[str, ...], names: set[str]) -> dict[str, str]:
    """Return the columns that a template calls otherwise than they are named.

    Raises:
        InputError: two columns have the one placeholder that the template uses.
    """
    named: dict[str, list[str]] = {}
    for column in columns:
        named.setdefault(placeholder_name(column), []).append(column)
    # Only names that are used: two columns that nobody asks for may be called alike.
    for name in sorted(names):
        meant = named.get(name, [])
        if len(meant) > 1:
            first, second = meant[:2]
            raise InputError(
                f'{{{{ {name} }}}} could be two columns: "{first}" and "{second}".',
                hint=f'Write {{{{ row["{first}"] }}}} or {{{{ row["{second}"] }}}}.',
                title="Two columns of one name",
            )
    return {name: named[name][0] for name in names if name not in columns and name in named}
