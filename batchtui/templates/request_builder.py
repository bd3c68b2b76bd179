"""Build the params of requests from a template and rows: `RequestBuilder`."""

from __future__ import annotations

from dataclasses import dataclass
from json.encoder import encode_basestring as encode_string
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from batchtui.templates.faults import InvalidTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.templates.placeholders import TemplateText
    from batchtui.templates.template import Template

MAX_TOKENS = 4096
"""The default where neither the template nor an option sets it."""
CACHED = {"type": "ephemeral", "ttl": "1h"}
"""The mark of a cached prefix; in batches only an hour is long enough (documentation of prompt caching)."""
LEAST_LEAD = 1000
"""Characters that a prompt must begin with, the same for all, before it is cut in two for the cache's sake."""
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CacheablePrefix:
    """The prefix that all requests share, in the order in which the API caches: tools, system, messages."""

    bytes: int
    """Of text, in UTF-8; what JSON puts around it is not counted."""
    ends_in: str
    """Where it ends: tools, system, turn 2, the beginning of the prompt; empty where nothing is shared."""
    is_marked: bool
    """Whether the requests carry the mark."""

    @property
    def tokens(self) -> int:
        """An estimate: four bytes a token."""
        # About four bytes a token: only to compare with what a model caches at least, not for money.
        return self.bytes // 4


class RequestBuilder:
    """Builds the params of each row. Models and ids are chosen by its caller, and the result is checked elsewhere."""

    def __init__(
        self,
        template: Template,
        *,
        model: str,
        max_tokens: int | None = None,
        cache: bool | None = None,
        has_blocks: bool = False,
    ) -> None:
        """Prepare the params that all rows share.

        Args:
            template: the prompt and its options.
            model: the model's id.
            max_tokens: overrides the template's.
            cache: overrides the template's.
            has_blocks: whether rows have blocks (attachments), which come before the text of the last user turn.
        """
        self.template = template
        self.model = model
        self._blocks_at = _last_of_user(template) if has_blocks else -1
        self._system = template.system
        self._turns = [(turn.role, turn.text) for turn in template.turns]
        self._tools = [dict(tool) for tool in template.tools]
        self.prefix, self._mark = self._find_prefix(template.cache if cache is None else cache)
        self._fixed = self._fixed_params(max_tokens or template.max_tokens or MAX_TOKENS)
        self._is_fixed_system = self._system is None or self._system.is_fixed
        if self._is_fixed_system:
            self._fixed |= self._system_of({})
        # Written once: what all rows share need not be encoded a million times.
        self._frame = b',"params":' + to_json(self._fixed)[:-1] + b","
        self._text_frame = self._frame.decode() + '"messages":[{"role":"user","content":'
        self._only = self._turns[0][1] if self._is_one_text() else None
        """The text of the one turn, where that is all that differs between rows; then no dicts are made for it."""

    def params(self, values: Mapping[str, Any], blocks: Sequence[Block] = ()) -> dict[str, Any]:
        """Return the params of one row.

        Raises:
            InvalidTemplate: a value is missing, or a text cannot be worked out.
        """
        system = {} if self._is_fixed_system else self._system_of(values)
        return {**self._fixed, **system, "messages": self._messages(values, blocks)}

    def payload(self, custom_id: str, values: Mapping[str, Any], blocks: Sequence[Block] = ()) -> bytes:
        """Return the whole request as JSON; the custom_id must be legal.

        Raises:
            InvalidTemplate: as `params`.
        """
        return self.request(custom_id, values, blocks)[0]

    def request(self, custom_id: str, values: Mapping[str, Any], blocks: Sequence[Block] = ()) -> tuple[bytes, str]:
        """Return the whole request as JSON and, where requests differ in a single text, that text (see `value`).

        Args:
            custom_id: a legal one.
            values: by the names that the template uses.
            blocks: attachments.

        Raises:
            InvalidTemplate: as `params`.
        """
        try:
            if self._only is not None:
                text = self._only.fill(values).strip()
                payload = f'{{"custom_id":"{custom_id}"{self._text_frame}{encode_string(text)}}}]}}}}'.encode()
                return payload, text
            rest: dict[str, Any] = {} if self._is_fixed_system else self._system_of(values)
            rest["messages"] = self._messages(values, blocks)
            return b'{"custom_id":"%b"%b%b}' % (custom_id.encode(), self._frame, to_json(rest)[1:]), ""
        except InvalidTemplate:
            raise
        except ValueError as fault:
            raise InvalidTemplate(f"it contains invalid text: {str(fault)[:120]}") from None

    def value(self, custom_id: str, text: str) -> dict[str, Any]:
        """Return the value of a request that differs from others of this builder in a single text only.

        One of them that fits the schema proves that all do, where the text is not blank: only the first has to be
        checked against it.
        """
        return {"custom_id": custom_id, "params": {**self._fixed, "messages": [{"role": "user", "content": text}]}}

    def _is_one_text(self) -> bool:
        """Whether requests differ only in the plain text of a single user turn."""
        is_plain = not self._mark.startswith(("turn", "lead")) and self._blocks_at < 0
        return is_plain and self._is_fixed_system and [role for role, _ in self._turns] == ["user"]

    def _fixed_params(self, max_tokens: int) -> dict[str, Any]:
        params: dict[str, Any] = {"model": self.model, "max_tokens": max_tokens}
        if self._tools:
            tools = self._tools
            params["tools"] = [*tools[:-1], {**tools[-1], "cache_control": CACHED}] if self._mark == "tools" else tools
        # After the tools: a template that names `tools` in its own params means those.
        params |= self.template.params
        if self.template.schema is not None:
            form = {"type": "json_schema", "schema": dict(self.template.schema)}
            params["output_config"] = {**params.get("output_config", {}), "format": form}
        return params

    def _system_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if self._system is None:
            return {}
        text = self._system.fill(values).strip()
        if self._mark == "system":
            return {"system": [_text(text, is_marked=True)]}
        return {"system": text}

    def _messages(self, values: Mapping[str, Any], blocks: Sequence[Block]) -> list[dict[str, Any]]:
        return [
            {"role": role, "content": self._content(number, text.fill(values).strip(), text, blocks)}
            for number, (role, text) in enumerate(self._turns)
        ]

    def _content(self, number: int, said: str, text: TemplateText, blocks: Sequence[Block]) -> str | list[Block]:
        """Return the content of one turn: a string, or blocks where it has media or a cache mark."""
        if number == self._blocks_at and blocks:
            # Media first, then the question about it (documentation of vision).
            return [*blocks, _text(said)] if said else list(blocks)
        if self._mark == f"turn {number + 1}":
            return [_text(said, is_marked=True)]
        if self._mark == f"lead {number + 1}":
            lead = text.lead.strip()
            rest = said[len(lead) :].strip()
            return [_text(lead, is_marked=True), *([_text(rest)] if rest else [])]
        return said

    def _find_prefix(self, wants_mark: bool) -> tuple[CacheablePrefix, str]:
        """Return the shared prefix, and the place of the cache mark: the end of the last whole block in it."""
        length, ends_in, mark = 0, "", ""
        if self._tools:
            length, ends_in, mark = len(to_json(self._tools)), "tools", "tools"
        if self._system is not None:
            if not self._system.is_fixed:
                return self._prefix(length, ends_in, mark, wants_mark)
            length += _size(self._system.source)
            ends_in = mark = "system"
        for number, (_, text) in enumerate(self._turns):
            if number == self._blocks_at:
                break
            if text.is_fixed:
                length += _size(text.source)
                ends_in, mark = f"turn {number + 1}", f"turn {number + 1}"
                continue
            lead = text.lead.strip()
            if lead:
                length += _size(lead)
                ends_in = f"the beginning of {text.place}"
                # A turn is cut in two blocks only where it pays: the cut changes what the model reads, if only by a
                # break.
                mark = f"lead {number + 1}" if len(lead) >= LEAST_LEAD else mark
            break
        return self._prefix(length, ends_in, mark, wants_mark)

    def _prefix(self, length: int, ends_in: str, mark: str, wants_mark: bool) -> tuple[CacheablePrefix, str]:
        mark = mark if wants_mark else ""
        return CacheablePrefix(length, ends_in, bool(mark)), mark


def _last_of_user(template: Template) -> int:
    users = [number for number, turn in enumerate(template.turns) if turn.role == "user"]
    return users[-1] if users else -1


def _text(text: str, *, is_marked: bool = False) -> Block:
    block: Block = {"type": "text", "text": text}
    return {**block, "cache_control": CACHED} if is_marked else block


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
