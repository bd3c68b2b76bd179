from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.text.safe import display_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("{home}/work/tickets.jsonl", "~/work/tickets.jsonl"),
        ("{home}", "{home}"),
        ("/elsewhere/tickets.jsonl", "/elsewhere/tickets.jsonl"),
        ("-", "-"),
        ("{home}/a\x1b[31mb", "~/a␛[31mb"),
    ],
)
def test_a_path_is_said_from_home_and_safely(
    path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert display_path(path.format(home=tmp_path)) == said.format(home=tmp_path)
