"""Stream the body of a create, count it, and refuse a length other than the declared one: `UploadBody`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from batchtui.gateway.protocol import Upload


class LengthMismatch(ValueError):
    """The upload holds more or fewer bytes than it declared."""


class UploadBody:
    """One upload while it is sent. Tells whether all of it may have left; it can be sent once only.

    Why count: a body of which the last bytes never left cannot have created anything (the API reads it whole before
    it answers), so a connection that breaks on the way up leaves nothing open. The last block waits until
    `Upload.before_last` has returned, so that a process that dies can leave word whether it can have left.
    """

    def __init__(self, upload: Upload) -> None:
        self.length = upload.length
        self.handed = 0
        """Bytes given to the connection; more than really left, never fewer."""
        self.at_source = False
        """Whether the source is being waited for: what is raised now is the disk's failure, not the API's."""
        self.held_back_by: Exception | None = None
        """What `before_last` raised: the last block has not left."""
        self._upload = upload
        self._stream = self._flow()

    @property
    def is_whole(self) -> bool:
        """Whether the last byte may have left."""
        return self.handed >= self.length

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream

    async def close(self) -> None:
        """Close the source, also before its end."""
        await self._stream.aclose()

    async def _flow(self) -> AsyncGenerator[bytes, None]:
        # One chunk is held back until the next one or the end is seen: a wrong length shows before the last leaves.
        held = b""
        self.at_source = True
        source = self._upload.chunks()
        try:
            async for chunk in source:
                self._check(self.handed + len(held) + len(chunk) <= self.length)
                if held:
                    self.handed += len(held)
                    self.at_source = False
                    yield held
                    self.at_source = True
                held = chunk
            self._check(self.handed + len(held) == self.length)
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()
        self.at_source = False
        if self._upload.before_last is not None:
            try:
                await self._upload.before_last()
            except Exception as error:
                self.held_back_by = error
                raise
        self.handed = self.length
        if held:
            yield held

    def _check(self, fits: bool) -> None:
        if not fits:
            raise LengthMismatch(f"the body is not the {self.length:,} bytes that were declared")
