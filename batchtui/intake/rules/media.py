"""Check images and documents: where they come from, what their bytes are, and how large they are.

The API decodes them long after the batch was accepted. Here the first bytes are decoded, and those of a JPEG as far as
its frame header.
"""

from __future__ import annotations

import binascii
import struct
from typing import TYPE_CHECKING, Any

from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.intake.rules.models import ModelVerdict

MOST_IMAGE_BYTES = 10 * 1024 * 1024
"""Of one image as base64 (documentation, vision: 10 MB)."""
MOST_PIXELS = 8_000
"""Of each side of an image."""
_HEAD = 64
"""Characters of base64 that hold the beginning of any file: 48 bytes."""
_PDF_HEAD = 1_368
"""Characters of base64 in which a PDF's mark must stand: readers look for it in the first 1,024 bytes."""
_JPEG_STEP = 1 << 17
_NO_SIZE = frozenset({0xC4, 0xC8, 0xCC})
"""Markers between C0 and CF that begin no frame of a JPEG."""


def source_faults(place: str, kind: str, source: dict[str, Any], verdict: ModelVerdict) -> Iterator[CheckFault]:
    """Yield what is wrong with the source of an image or a document."""
    if kind == "image" and verdict.info.images is False:
        yield verdict.severity(
            CheckFault("media-refused", f"{verdict.info.id} reads no images", "choose another model")
        )
    if source["type"] == "url":
        yield from _url_faults(place, source["url"])
    elif source["type"] == "base64":
        yield from _data_faults(place, kind, source, verdict)


def _url_faults(place: str, url: str) -> Iterator[CheckFault]:
    """The API fetches by https only."""
    if url.lower().startswith("https://"):
        return
    scheme = url.partition(":")[0][:20].lower() if ":" in url else ""
    # A data: URL and http: are what other APIs take; their users bring them along.
    hint = {
        "data": 'use {"type": "base64", "media_type": …, "data": …}',
        "http": "write https://, or send the bytes as base64",
    }.get(scheme, "give a public https:// address, or send the bytes as base64")
    yield CheckFault("media-url", f"{place}.source.url does not begin with https://", hint, kind=scheme)


def _data_faults(place: str, kind: str, source: dict[str, Any], verdict: ModelVerdict) -> Iterator[CheckFault]:
    """Yield the faults of base64 data: a wrong media type, or too many bytes."""
    data, said = source["data"], source["media_type"]
    # The schema has looked at the alphabet; decoding the whole of it to find a cut end would be the slowest check of
    # all.
    if len(data) % 4:
        yield CheckFault(
            "base64", "base64 data is incomplete (its length is not a multiple of 4)", "encode the whole file again"
        )
        return
    is_pdf = said == "application/pdf"
    if is_pdf and verdict.info.pdfs is False:
        yield verdict.severity(CheckFault("media-refused", f"{verdict.info.id} reads no PDFs", "choose another model"))
    found = _kind_of(binascii.a2b_base64(data[:_HEAD]))
    if found != said and not (is_pdf and b"%PDF-" in binascii.a2b_base64(data[:_PDF_HEAD])):
        shown = f"the data is {found}" if found else f"the data is not a {_NAMES[said]}"
        hint = (
            "set media_type to what it is"
            if found in _NAMES and kind == "image" and found != "application/pdf"
            else _redo(found)
        )
        yield CheckFault("media-type", f"media_type is {said}, but {shown}", hint)
        return
    if kind == "image":
        yield from _size_faults(data, said)


_NAMES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "application/pdf": "PDF",
}


def _redo(found: str) -> str:
    """Return what to do with data that cannot be sent under any other media type in its place."""
    if found == "application/pdf":
        return 'a PDF goes into a block of type "document"'
    return 'an image goes into a block of type "image"' if found else "encode the file itself, not its name or its text"


def _kind_of(head: bytes) -> str:
    """Return the media type of a file by its first bytes; empty where it is none that the API takes."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "application/pdf" if head.startswith(b"%PDF-") else ""


def _size_faults(data: str, media_type: str) -> Iterator[CheckFault]:
    """Yield the faults of an image that exceeds the limits of bytes or pixels."""
    if len(data) > MOST_IMAGE_BYTES:
        message = f"an image has {len(data):,} bytes of base64, {MOST_IMAGE_BYTES:,} (10 MB) are allowed"
        yield CheckFault("image-too-large", message, "make it smaller: the API scales large images down anyway")
    size = image_size(data, media_type)
    if size is not None and max(size) > MOST_PIXELS:
        message = f"an image has {size[0]:,} x {size[1]:,} pixels, {MOST_PIXELS:,} a side are allowed"
        yield CheckFault(
            "image-too-large", message, "make it smaller: the API scales large images down anyway", kind="pixels"
        )


def image_size(data: str, media_type: str) -> tuple[int, int] | None:
    """Return width and height of an image in base64; None where its header does not say."""
    if media_type == "image/jpeg":
        return _jpeg_size(data)
    head = binascii.a2b_base64(data[:_HEAD])
    try:
        if media_type == "image/png":
            width, height = struct.unpack_from(">II", head, 16)
        elif media_type == "image/gif":
            width, height = struct.unpack_from("<HH", head, 6)
        else:
            return _webp_size(head)
    except struct.error:
        return None
    return width, height


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """Return the size in the first chunk of a WebP. Raises struct.error where it is cut."""
    match head[12:16]:
        # Extended, lossless and lossy WebP: three headers, each with the size in another place and packing.
        case b"VP8X":
            low, high, low2, high2 = struct.unpack_from("<HBHB", head, 24)
            return 1 + low + (high << 16), 1 + low2 + (high2 << 16)
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(data: str) -> tuple[int, int] | None:
    """Return the size in a JPEG's frame header, which may come after long metadata: decode more until it is there."""
    end = min(_JPEG_STEP, len(data))
    while True:
        image = binascii.a2b_base64(data[:end])
        found = _frame_size(image)
        if found is not None or end >= len(data):
            return found or None
        # Cameras put previews and profiles of any length before the frame header.
        end = min(end * 4, len(data))


def _frame_size(image: bytes) -> tuple[int, int] | tuple[()] | None:
    """Return the size; empty where no frame can come any more; None where more of the image is needed."""
    at = 2
    while at + 9 <= len(image):
        if image[at] != 0xFF:
            return ()
        marker = image[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            height, width = struct.unpack_from(">HH", image, at + 5)
            return width, height
        if marker in (0xD9, 0xDA):
            return ()
        length = 0 if marker == 0x01 or 0xD0 <= marker <= 0xD8 else int.from_bytes(image[at + 2 : at + 4], "big")
        at += 2 + length
    return None
