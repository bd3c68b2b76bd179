"""The tokens that one result used, by category: `Usage`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one message or a sum of them, as the API counts them (`usage` of a message)."""

    input_tokens: int = 0
    """Without what was read from or written to the cache."""
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0
    """Thinking included."""
    # Of the output tokens, not beside them: added up again they would be billed twice.
    thinking_tokens: int = 0
    web_searches: int = 0

    @property
    def total_input(self) -> int:
        """Everything that was put in, the cache included."""
        return self.input_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens + self.cache_read_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cache_write_5m_tokens + other.cache_write_5m_tokens,
            self.cache_write_1h_tokens + other.cache_write_1h_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.output_tokens + other.output_tokens,
            self.thinking_tokens + other.thinking_tokens,
            self.web_searches + other.web_searches,
        )
