"""Columns by name: what a template calls them, and which one may have been meant."""

from __future__ import annotations

import re
from difflib import get_close_matches


def closest(wanted: str, names: tuple[str, ...]) -> str:
    """Return which name may have been meant, as the end of a sentence with its full stop."""
    lower = {name.lower(): name for name in names}
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
    """Return the columns that a template calls otherwise than they are named."""
    names_of = {placeholder_name(column): column for column in columns}
    return {name: names_of[name] for name in names if name not in columns and name in names_of}
