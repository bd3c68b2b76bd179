"""A hundredth of the seeds goes through the real SDK and the simulator, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.over_http import run_over_http
from tests.simulation.test_simulation import FIRST, LONG

if TYPE_CHECKING:
    from pathlib import Path

QUICK, CHUNKS = 3, 10
EACH = LONG // 100 // CHUNKS


@pytest.mark.long
@pytest.mark.parametrize("chunk", [None, *(pytest.param(n, marks=pytest.mark.long) for n in range(CHUNKS))])
async def test_nothing_is_broken_over_http(tmp_path: Path, chunk: int | None) -> None:
    first = FIRST if chunk is None else FIRST + chunk * 100 * EACH
    for number in range(QUICK if chunk is None else EACH):
        seed = first + number * 100
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            await run_over_http(seed, folder)
        except BaseException as error:
            error.add_note(f"seed {seed}, over HTTP")
            raise
