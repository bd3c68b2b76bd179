"""Read images, PDFs and texts as blocks of a request, by their content: `read_attachment`.

Sizes were read in the vision and PDF pages of the documentation, November 2026; where those disagree, the API decides
and the lower figure is a warning.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.compose.tables.encoding import detect_encoding
from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.records.reader import sniff

if TYPE_CHECKING:
    from pathlib import Path

IMAGE_SURE = 5_000_000
"""Bytes of an image that every page allows."""
IMAGE_MOST = 10_000_000
"""Characters of an image in base64 that no page goes beyond."""
PDF_MOST = 32_000_000
"""Characters of a PDF in base64: the limit of a request."""
TEXT_MOST = 10_000_000
"""Bytes of a text: more than twice what the longest context holds."""
_IMAGES = ((b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a file became in a request: a text or a content block, or why it cannot be one."""

    text: str | None = None
    """Of a text file."""
    block: dict[str, Any] | None = None
    """Of an image or a PDF."""
    fault: CheckFault | None = None
    """Why it cannot be sent, or may be refused."""

    @property
    def is_usable(self) -> bool:
        """Whether it goes into a request."""
        return self.fault is None or self.fault.severity is Severity.WARNING


def read_attachment(path: Path) -> Attachment:
    """Read one file, no further than its kind may be long."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
            kind = media_type(head)
            most = TEXT_MOST if kind is None else PDF_MOST
            content = head + file.read(most + 1 - len(head))
    except OSError as error:
        return _wrong("file-unreadable", f"the file cannot be read: {error.strerror or error}", "")
    if not content.strip():
        return _wrong("file-empty", "the file is empty", "remove it from the folder")
    if kind is None:
        return _text(content)
    # Of its base64, which is what the limits of the API count.
    length = (len(content) + 2) // 3 * 4
    limit = PDF_MOST if kind == "application/pdf" else IMAGE_MOST
    if length > limit:
        what = "PDF" if kind == "application/pdf" else "image"
        message = f"the {what} is too large: {limit * 3 // 4 // 1_000_000} MB are taken"
        return _wrong("file-too-large", message, "make it smaller, or upload it (Files API)")
    warning = None
    if kind != "application/pdf" and len(content) > IMAGE_SURE:
        warning = CheckFault("image-large", "the image has more than 5 MB, which may be refused", "", Severity.WARNING)
    return Attachment(block=data_block(kind, content), fault=warning)


def media_type(head: bytes) -> str | None:
    """Return what an image or a PDF begins like; None for everything else."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if b"%PDF-" in head[:64]:
        return "application/pdf"
    return next((kind for start, kind in _IMAGES if head.startswith(start)), None)


def data_block(kind: str, content: bytes) -> dict[str, Any]:
    """Return the block of an image or a PDF."""
    source = {"type": "base64", "media_type": kind, "data": b64encode(content).decode("ascii")}
    return {"type": "document" if kind == "application/pdf" else "image", "source": source}


def text_block(name: str, text: str) -> dict[str, Any]:
    """Return a text file as a document, with its name as the title."""
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}, "title": name}


def _text(content: bytes) -> Attachment:
    if len(content) > TEXT_MOST:
        return _wrong(
            "file-too-large",
            f"the text has more than {TEXT_MOST // 1_000_000} MB",
            "split it: no model reads that much",
        )
    encoding = detect_encoding(content[: 1 << 18])
    if (foreign := sniff(content)) is not None:
        return _wrong("file-binary", f"this is {foreign[0]}", "convert it to text, PDF or an image")
    # In UTF-16 and UTF-32 every other byte may be zero.
    if not encoding.startswith("utf-16") and not encoding.startswith("utf-32") and b"\0" in content:
        return _wrong("file-binary", "this is binary data, and neither an image nor a PDF", "remove it from the folder")
    try:
        return Attachment(text=content.decode(encoding))
    except UnicodeDecodeError:
        return _wrong("not-utf8", "the text cannot be read as UTF-8", "save it as UTF-8")


def _wrong(code: str, message: str, hint: str) -> Attachment:
    return Attachment(fault=CheckFault(code, message, hint))
