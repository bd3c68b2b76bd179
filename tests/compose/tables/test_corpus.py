"""Every cell of tables as programs write them is read as it is, and no worse than other libraries read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.compose import TableOptions, open_table
from tests.compose.tables.corpus import FILES, File

if TYPE_CHECKING:
    from pathlib import Path


def read(file: File, folder: Path) -> tuple[list[str], list[list[str]]]:
    """The names and the cells as compose reads them."""
    path = folder / f"t{file.suffix}"
    path.write_bytes(file.content)
    table = open_table(str(path), TableOptions(**file.options))
    rows = [row for block in table.rows() for row in block]
    assert [row.fault for row in rows if row.fault] == []
    return list(table.columns), [list(row.values.values()) for row in rows]


@pytest.mark.parametrize("name", FILES)
def test_every_cell_is_read_as_it_is(name: str, tmp_path: Path) -> None:
    file = FILES[name]
    assert read(file, tmp_path) == (file.names, file.rows)


def by_duckdb(file: File, path: Path) -> tuple[list[str], list[list[str]]]:
    import duckdb

    found = duckdb.sql(f"SELECT * FROM read_csv('{path}', all_varchar=true)")
    assert found is not None
    return found.columns, [[cell or "" for cell in row] for row in found.fetchall()]


def by_clevercsv(file: File, path: Path) -> tuple[list[str], list[list[str]]]:
    import clevercsv

    rows = clevercsv.read_table(str(path))
    return rows[0], rows[1:]


@pytest.mark.parametrize("library", ["duckdb", "clevercsv"])
def test_other_libraries_read_fewer_of_them(library: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    reader = {"duckdb": by_duckdb, "clevercsv": by_clevercsv}[library]
    right = 0
    for file in FILES.values():
        path = tmp_path / "t.csv"
        path.write_bytes(file.content)
        try:
            names, rows = reader(file, path)
        except Exception:  # noqa: BLE001 (whatever another library raises, it has not read the file)
            continue
        # How columns without names are called is a matter of taste.
        right += rows == file.rows and (names == file.names or "column_1" in file.names)
    assert 0 < right < len(FILES)
