"""A picture as SVG and PNG: without what the net would be asked for, and small enough for a repository."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

FONT = "DejaVu Sans Mono"
COLOURS = 48
"""Colours of a PNG: a terminal's own are a dozen and stay exact, the rest are the edges of letters."""


def write(folder: Path, name: str, svg: str, *, light: bool) -> None:
    """Write a picture as SVG, and as PNG with the same letters in the same places."""
    import resvg_py
    from PIL import Image

    plain = squeezed(svg, light=light)
    (folder / f"{name}.svg").write_text(plain, encoding="utf-8")
    png = resvg_py.svg_to_bytes(svg_string=plain, monospace_family=FONT)
    with Image.open(io.BytesIO(bytes(png))) as picture:
        _of_few_colours(picture.convert("RGB")).save(folder / f"{name}.png", optimize=True)


def _of_few_colours(picture: Image.Image) -> Image.Image:
    """Keep the most frequent colours as they are, and take the nearest of them for every other."""
    from PIL import Image

    counted = sorted(picture.getcolors(1 << 24) or (), key=lambda entry: entry[0], reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join(bytes(colour) for _, colour in counted[:COLOURS] if isinstance(colour, tuple)))
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
