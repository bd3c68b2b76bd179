"""A picture as a PNG: in its own colours, the same each time, and small enough for a repository."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image

FONT = "DejaVu Sans Mono"
COLOURS = 64
"""Colours of a PNG: those that the screen was drawn in stay exact, the rest are the edges of letters."""


def write(folder: Path, name: str, svg: str, *, light: bool) -> None:
    """Write a picture as PNG."""
    import resvg_py
    from PIL import Image

    plain = squeezed(svg, light=light)
    png = resvg_py.svg_to_bytes(svg_string=plain, monospace_family=FONT)
    with Image.open(io.BytesIO(bytes(png))) as picture:
        _of_few_colours(picture.convert("RGB"), drawn_in(plain)).save(folder / f"{name}.png", optimize=True)


def drawn_in(svg: str) -> list[tuple[int, int, int]]:
    """Return the colours that a picture names, the most frequent first."""
    named = Counter(re.findall(r"(?:fill|stroke)[:=]\s*\"?#([0-9a-fA-F]{6})", svg))
    return [(int(name[:2], 16), int(name[2:4], 16), int(name[4:], 16)) for name, _ in named.most_common()]


def _of_few_colours(picture: Image.Image, kept: Sequence[tuple[int, int, int]]) -> Image.Image:
    """Keep these colours and the most frequent others as they are, and take the nearest of them for the rest."""
    from PIL import Image

    counted = sorted(picture.getcolors(1 << 24) or (), key=lambda entry: entry[0], reverse=True)
    # A rare colour of a sign must not become grey because the edges of white letters are more frequent.
    others = [colour for _, colour in counted if isinstance(colour, tuple) and colour not in kept]
    colours = [*kept, *others][: max(COLOURS, len(kept))]
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join(bytes(colour) for colour in colours[:256]))
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def squeezed(svg: str, *, light: bool) -> str:
    """Take out fonts from the net, ids that differ from run to run, and what draws nothing."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", FONT)
    svg = re.sub(r"terminal-\d+-", "t-", svg)
    svg = re.sub(r'<clipPath id="t-line-\d+">.*?</clipPath>\s*', "", svg, flags=re.DOTALL)
    svg = re.sub(r' clip-path="url\(#t-line-\d+\)"', "", svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL).replace("&#160;", "\N{NO-BREAK SPACE}")
    if light:
        svg = svg.replace('fill="#292929"', 'fill="#dcd9d0"')
    return re.sub(r"\n\s*", "\n", svg).strip() + "\n"
