"""Reading a request's body: within its time, its size, and the room that all bodies share."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web
from msgspec import Struct

from receiver.connections import Connection, Phase
from receiver.guard import DoorOptions, content_encoding
from receiver.inflate import Inflater
from receiver.status import Reason, Refused

Grow = Callable[[int], None]


class Room:
    """The bytes that all requests together may hold: 1,024 connections of 16 MiB each would be 16 GiB."""

    def __init__(self, size: int) -> None:
        self.left = size

    @contextmanager
    def share(self) -> Iterator[Grow]:
        """A share that grows as it is called, given back at the end. Growing raises Refused where there is no room."""
        held = 0

        def grow(size: int) -> None:
            nonlocal held
            held += size
            self.left -= size
            if self.left < 0:
                raise Refused(Reason.TOO_MANY, "too many large requests at once")

        try:
            yield grow
        finally:
            self.left += held


class Body(Struct, frozen=True):
    """What a request carried."""

    plain: bytes
    """Inflated."""
    wire: bytes
    """As it came."""


async def read(request: web.BaseRequest, connection: Connection, options: DoorOptions, grow: Grow) -> Body:
    """The body. Raises Refused: too slow, too large, truncated, an encoding that is none of ours."""
    encoding = content_encoding(request.headers)
    inflater = Inflater(encoding, limit=options.body_limit, compressed_limit=options.compressed_limit)
    pieces: list[bytes] = []

    def take(piece: bytes) -> None:
        grow(inflater.feed(piece))
        if encoding != "identity":
            pieces.append(piece)

    if (request.content_length or 0) > options.body_limit:
        raise Refused(Reason.TOO_LARGE, "body too large")
    connection.turn(Phase.BODY)
    try:
        await _receive(request, take, options)
    except TimeoutError:
        raise Refused(Reason.TOO_SLOW, "the body came too slowly") from None
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Refused(Reason.MALFORMED, f"the body broke off: {str(error)[:100]}") from None
    connection.turn(Phase.BUSY)
    plain = inflater.close()
    return Body(plain, b"".join(pieces) if encoding != "identity" else plain)


async def _receive(request: web.BaseRequest, take: Callable[[bytes], None], options: DoorOptions) -> None:
    content = request.content
    if content.is_eof():  # nearly always: the body came with the headers, and no clock is needed
        take(content.read_nowait())
        return
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    async with asyncio.timeout(options.body_s):
        while not content.at_eof():
            async with asyncio.timeout(options.body_idle_s):
                piece = await content.readany()
            take(piece)
