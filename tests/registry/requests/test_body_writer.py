"""Bodies reach the disk as they were given, and their hash depends on the requests alone."""

from __future__ import annotations

import errno
import hashlib
import os
import random
from typing import TYPE_CHECKING

import pytest

from batchtui.registry.requests.body_writer import BETWEEN, HEAD, STEP, STEPS_AHEAD, TAIL, BodyWriter
from batchtui.registry.requests.direct_file import DirectFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FITS = STEP - len(HEAD)
"""Bytes of requests that fill the first step of a body."""
LENGTHS = (0, 1, FITS - 2, FITS - 1, FITS, FITS + 1, FITS + STEP, 5 * STEP + 4097)


def pieces_of(text: bytes) -> list[bytes]:
    """Cut a text as blocks of requests come: small and large, one of them longer than a step."""
    sizes, pieces = random.Random(len(text)), []
    while text:
        size = sizes.choice((1, 700, 1 << 18, STEP + 5))
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def stream(folder: Path, bodies: Sequence[bytes]) -> str:
    """Write bodies, named by their number from 0. Returns the hash."""
    target = BodyWriter(folder)
    for number, text in enumerate(bodies):
        target.open(str(number))
        for piece in pieces_of(text):
            target.add(piece)
        target.close()
    return target.finish()


@pytest.mark.parametrize("length", LENGTHS)
def test_body_bytes_are_written_and_hashed(tmp_path: Path, length: int) -> None:
    text = os.urandom(length)
    assert stream(tmp_path, [text]) == hashlib.sha256(BETWEEN + text).hexdigest()
    assert (tmp_path / "0").read_bytes() == HEAD + text + TAIL


def test_many_bodies_in_a_row_keep_apart(tmp_path: Path) -> None:
    texts = [os.urandom(length) for length in (3, FITS, 2 * STEP + 1, *range(1, 20 * STEPS_AHEAD))]
    assert stream(tmp_path, texts) == hashlib.sha256(BETWEEN + BETWEEN.join(texts)).hexdigest()
    assert [(tmp_path / str(n)).read_bytes() for n in range(len(texts))] == [HEAD + text + TAIL for text in texts]


def test_disk_errors_are_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: DirectFile, data: memoryview) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(DirectFile, "write", refuse)
    target = BodyWriter(tmp_path)
    target.open("0")
    with pytest.raises(OSError, match="full"):
        target.add(bytes(STEP * (STEPS_AHEAD + 2)))
    target.discard()
