"""Split a message into blocks, each with a name for people: `blocks_of`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from batchtui.results.json_text import encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class BlockKind(StrEnum):
    """What a block is, coarsely enough to choose how to show it."""

    TEXT = "text"
    THINKING = "thinking"
    HIDDEN_THINKING = "hidden thinking"
    TOOL_CALL = "tool call"
    """The caller is expected to run it."""
    SERVER_TOOL = "server tool"
    """Run by the service itself."""
    TOOL_RESULT = "tool result"
    IMAGE = "image"
    DOCUMENT = "document"
    SUMMARY = "summary"
    """A compaction: what the service kept of a long context."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AnswerCitation:
    """One source that a text leans on."""

    source: str
    """Title, or address, of what is cited."""
    quoted: str
    place: str = ""
    """Page, block, characters or address, as far as the citation says."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a message. Its strings come from outside: they must be sanitised before they are shown."""

    kind: BlockKind
    title: str
    """Like `thinking`, `tool call get_weather`, `web search result`."""
    text: str
    """What there is to read: the text, the thinking, the tool's input or output as JSON."""
    raw: Mapping[str, Any]
    citations: tuple[AnswerCitation, ...] = ()


def blocks_of(content: list[Any]) -> tuple[Block, ...]:
    """Name every block of a message's content; what is no object becomes an unknown block and loses nothing."""
    return tuple(block_of(block if isinstance(block, dict) else {"type": "", "value": block}) for block in content)


def block_of(raw: Mapping[str, Any]) -> Block:
    """Name one block by the `type` of its JSON, never by guessing from its keys."""
    block_type = raw.get("type")
    word = block_type if isinstance(block_type, str) else ""
    reader = _READERS.get(word)
    if reader is not None:
        return reader(raw)
    # The service's tools name their results so; a new one is readable before batchtui knows it.
    if word.endswith("_tool_result"):
        return _tool_result(raw)
    return Block(BlockKind.UNKNOWN, f"unknown block {word}".rstrip(), as_json(raw), raw)


def as_json(value: object) -> str:
    """Return the value as indented JSON; null replaces what is nested too deeply for parsers."""
    return encode_json(value, indent=2)


def joined_texts(blocks: Iterable[Block], mark: Callable[[int], str]) -> Iterator[Block]:
    """Yield the blocks with neighbouring texts as one, as the service means them: it cuts cited sentences into pieces.

    Args:
        blocks: of one message.
        mark: returns what stands in the text for the citation of a number; the numbers go from 1 through the message.
    """
    run: Block | None = None
    number = 0
    for block in blocks:
        if block.kind is not BlockKind.TEXT:
            if run is not None:
                yield run
                run = None
            yield block
            continue
        marks = "".join(mark(number + at) for at in range(1, len(block.citations) + 1))
        number += len(block.citations)
        if run is None:
            run = replace(block, text=block.text + marks)
        else:
            run = replace(run, text=run.text + block.text + marks, citations=run.citations + block.citations)
    if run is not None:
        yield run


def _text(raw: Mapping[str, Any]) -> Block:
    citations = raw.get("citations")
    sources = citations if isinstance(citations, list) else []
    named = tuple(_citation(source) for source in sources if isinstance(source, dict))
    return Block(BlockKind.TEXT, "text", _str(raw.get("text")), raw, named)


def _thinking(raw: Mapping[str, Any]) -> Block:
    text = _str(raw.get("thinking"))
    if not text:  # `display: omitted`: a signature without a word
        return Block(BlockKind.HIDDEN_THINKING, "thinking, hidden by the service", "no text was sent", raw)
    return Block(BlockKind.THINKING, "thinking", text, raw)


def _hidden_thinking(raw: Mapping[str, Any]) -> Block:
    size = len(_str(raw.get("data")))
    return Block(BlockKind.HIDDEN_THINKING, "thinking, hidden by the service", f"{size} characters, encrypted", raw)


def _tool_call(raw: Mapping[str, Any]) -> Block:
    return Block(BlockKind.TOOL_CALL, f"tool call {_str(raw.get('name'))}".rstrip(), as_json(raw.get("input")), raw)


def _server_tool(raw: Mapping[str, Any]) -> Block:
    name = " of ".join(part for part in (_str(raw.get("name")), _str(raw.get("server_name"))) if part)
    return Block(BlockKind.SERVER_TOOL, f"server tool {name}".rstrip(), as_json(raw.get("input")), raw)


def _tool_result(raw: Mapping[str, Any]) -> Block:
    name = _str(raw.get("type")).removesuffix("_tool_result").replace("_", " ")
    content = raw.get("content")
    # Server tools report a failure by an `error_code` inside their content, callers' tools by `is_error`.
    failed = raw.get("is_error") is True or (isinstance(content, dict) and "error_code" in content)
    text = _readable(content)
    return Block(BlockKind.TOOL_RESULT, f"{name} {'failed' if failed else 'result'}", text, raw)


def _readable(content: object) -> str:
    """Prefer what a person reads: titles with addresses, texts, standard output; JSON for everything else."""
    if isinstance(content, list):
        return "\n".join(_readable(item) for item in content)
    if not isinstance(content, dict):
        return _str(content) or ("" if content is None else as_json(content))
    if content.get("type") in ("image", "document"):
        return f"[{block_of(content).title}]"
    for key, reader in _BY_KEY:
        if key in content and (text := reader(content)) is not None:
            return text
    return as_json(content)


def _page(content: Mapping[str, Any]) -> str | None:
    """Read a hit of a web search, or a page that was fetched: its title, its address, and its text where it came."""
    url, title = content.get("url"), content.get("title")
    page = content.get("content")
    if not isinstance(url, str):
        return None
    if not isinstance(page, dict):
        return f"{title}\n  {url}" if isinstance(title, str) else None
    document = _document(page)
    named = _str(page.get("title")) or document.title
    return "\n".join(part for part in (named, f"  {url}", document.text) if part)


def _run(content: Mapping[str, Any]) -> str | None:
    """Read what code printed, how it ended where it failed, and the files that it made."""
    if not isinstance(content.get("stdout"), str):
        return None
    said = content["stdout"] + _str(content.get("stderr"))
    code = content.get("return_code")
    ended = f"return code {code}" if isinstance(code, int) and code else ""
    files = content.get("content")
    made = [_readable(file) for file in files] if isinstance(files, list) else []
    return "\n".join(part for part in (said, ended, *made) if part)


def _error(content: Mapping[str, Any]) -> str | None:
    code, said = _str(content.get("error_code")), _str(content.get("error_message"))
    return ": ".join(part for part in (code, said) if part) or None


def _sealed(content: Mapping[str, Any]) -> str | None:
    sealed = content.get("encrypted_content")
    return f"{len(sealed)} characters, encrypted" if isinstance(sealed, str) else None


def _references(content: Mapping[str, Any]) -> str | None:
    found = content.get("tool_references")
    return _readable(found) or "no tools found" if isinstance(found, list) else None


def _lines(content: Mapping[str, Any]) -> str | None:
    """Read the lines of a file that an editor changed; they come as a list."""
    lines = content.get("lines")
    return "\n".join(map(str, lines)) if isinstance(lines, list) else None


def _key(key: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda content: content[key] if isinstance(content[key], str) else None


# The order decides: an error may have a `content` as well.
_BY_KEY: tuple[tuple[str, Callable[[Mapping[str, Any]], str | None]], ...] = (
    ("error_code", _error),
    ("url", _page),
    ("text", _key("text")),
    ("stdout", _run),
    ("tool_references", _references),
    ("tool_name", _key("tool_name")),
    ("encrypted_content", _sealed),
    ("encrypted_stdout", lambda content: _run({**content, "stdout": "(the output is encrypted)\n"})),
    ("lines", _lines),
    ("file_id", _key("file_id")),
    ("is_file_update", lambda content: "the file was changed" if content["is_file_update"] else "the file was created"),
    ("content", lambda content: _readable(content["content"]) if isinstance(content["content"], str | list) else None),
)
"""What the results of the service's own tools are read by, the first key that is there."""


def _image(raw: Mapping[str, Any]) -> Block:
    media, detail = _source(raw)
    return Block(BlockKind.IMAGE, f"image {media}".rstrip(), detail, raw)


def _document(raw: Mapping[str, Any]) -> Block:
    media, detail = _source(raw)
    return Block(BlockKind.DOCUMENT, f"document {_str(raw.get('title')) or media}".rstrip(), detail, raw)


def _source(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Return the media type of an image or a document, and what there is to read of it: never its base64."""
    source = raw.get("source")
    about = source if isinstance(source, dict) else {}
    media, data = _str(about.get("media_type")), _str(about.get("data"))
    if about.get("type") == "text":
        return media, data
    where = _str(about.get("url")) or _str(about.get("file_id"))
    # Four characters of base64 are three bytes; the padding does not matter here.
    return media, where or (f"{len(data) * 3 // 4} bytes" if data else _readable(about.get("content")))


def _given_result(raw: Mapping[str, Any]) -> Block:
    """Name what a caller gave back for a tool call, in a request."""
    failed = raw.get("is_error") is True
    return Block(BlockKind.TOOL_RESULT, "tool failed" if failed else "tool result", _readable(raw.get("content")), raw)


def _summary(raw: Mapping[str, Any]) -> Block:
    return Block(BlockKind.SUMMARY, "summary of the earlier context", _str(raw.get("content")), raw)


def _upload(raw: Mapping[str, Any]) -> Block:
    return Block(BlockKind.TOOL_RESULT, "file in the container", _str(raw.get("file_id")), raw)


def _citation(raw: Mapping[str, Any]) -> AnswerCitation:
    source = _str(raw.get("document_title")) or _str(raw.get("title")) or _str(raw.get("url"))
    source = source or _str(raw.get("source"))
    return AnswerCitation(source, _str(raw.get("cited_text")), _place(raw))


def _place(raw: Mapping[str, Any]) -> str:
    for word, start, end in (
        ("page", "start_page_number", "end_page_number"),
        ("block", "start_block_index", "end_block_index"),
        ("character", "start_char_index", "end_char_index"),
    ):
        if isinstance(raw.get(start), int):
            return f"{word} {raw[start]} to {raw.get(end)}"
    return _str(raw.get("url"))


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Block]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _hidden_thinking,
    "tool_use": _tool_call,
    "server_tool_use": _server_tool,
    "mcp_tool_use": _server_tool,
    "tool_result": _given_result,
    "image": _image,
    "document": _document,
    "compaction": _summary,
    "container_upload": _upload,
}
