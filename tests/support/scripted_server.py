"""A web server that misbehaves as a script says: sites on addresses of 127.0.0.0/8, one for each host of a test."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(range(256)) * 4
LONGEST = 60.0  # seconds; no connection of a test lives longer
_addresses = count(1)


@dataclass(frozen=True)
class Asked:
    """One request, as the server saw it."""

    path: str
    time: float
    headers: Mapping[str, str]
    busy: int  # requests of this site that were being answered, this one included


@dataclass(frozen=True)
class Wire:
    """One request and the way back to who asked."""

    asked: Asked
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()


Script = Callable[[Wire], Awaitable[bool]]  # returns whether the connection can be used again


@dataclass
class Site:
    """One host: its scripts by path, and what was asked of it. Other paths, and robots.txt, are 404."""

    scripts: dict[str, Script]
    origin: str = ""
    asked: list[Asked] = field(default_factory=list)
    gone_away: list[str] = field(default_factory=list)  # paths whose answer the client did not wait for
    connections: int = 0
    _busy: int = 0

    def url(self, path: str) -> str:
        return self.origin + path

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def pictures(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path != "/robots.txt"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, EOFError, TimeoutError, ssl.SSLError, asyncio.CancelledError):
            async with asyncio.timeout(LONGEST):
                while await self._answer(reader, writer):
                    pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        async with self._counted():
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            asked = Asked(path, time.monotonic(), headers, self._busy)
            self.asked.append(asked)
            try:
                return await self.scripts.get(path.partition("?")[0], reply(b"", 404))(Wire(asked, reader, writer))
            except ConnectionError:
                self.gone_away.append(path)
                raise

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1


def head(code: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {code} Said", *headers, "", ""]).encode("latin-1")


def reply(body: bytes = JPEG, code: int = 200, *headers: str) -> Script:
    """An answer as it should be."""

    async def script(wire: Wire) -> bool:
        await wire.send(head(code, f"Content-Length: {len(body)}", *headers) + body)
        return True

    return script


def redirect(location: str, code: int = 302) -> Script:
    return reply(b"", code, f"Location: {location}")


def raw(content: bytes) -> Script:
    """These bytes, and the end of the connection."""

    async def script(wire: Wire) -> bool:
        await wire.send(content)
        return False

    return script


def drip(content: bytes, seconds: float) -> Script:
    """These bytes, one by one."""

    async def script(wire: Wire) -> bool:
        for byte in content:
            await wire.send(bytes([byte]))
            await asyncio.sleep(seconds)
        return False

    return script


def endless(start: bytes, piece: bytes) -> Script:
    """A start, and then a piece again and again, for as long as somebody takes it."""

    async def script(wire: Wire) -> bool:
        await wire.send(start)
        while True:
            await wire.send(piece)

    return script


def hang(start: bytes = b"") -> Script:
    """A start, and then nothing until the client goes away."""

    async def script(wire: Wire) -> bool:
        await wire.send(start)
        await wire.reader.read()
        raise ConnectionResetError

    return script


def reset(start: bytes = b"") -> Script:
    """A start, and then a reset of the connection."""

    async def script(wire: Wire) -> bool:
        await wire.send(start)
        await asyncio.sleep(0.05)  # the start is read before the reset throws it away
        sock = wire.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.writer.transport.abort()
        return False

    return script


def slowly(script: Script, seconds: float) -> Script:
    """Another script, a moment later."""

    async def later(wire: Wire) -> bool:
        await asyncio.sleep(seconds)
        return await script(wire)

    return later


def in_turn(*scripts: Script) -> Script:
    """Each script for one request, the last one for all that follow."""
    left = list(scripts)

    async def script(wire: Wire) -> bool:
        return await (left.pop(0) if len(left) > 1 else left[0])(wire)

    return script


class Servers:
    """Sites that are served in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []

    def site(
        self,
        scripts: Mapping[str, Script],
        host: str = "",
        tls: ssl.SSLContext | None = None,
        robots: str | None = None,
    ) -> Site:
        """Serves a site on an address of its own."""
        site = Site(dict(scripts))
        if robots is not None:
            site.scripts["/robots.txt"] = reply(robots.encode())
        host = host or address()
        listening = asyncio.start_server(site.serve, host, 0, ssl=tls, limit=1 << 16)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(LONGEST)
        self._servers.append(server)
        name = f"[{host}]" if ":" in host else host
        site.origin = f"http{'s' if tls else ''}://{name}:{server.sockets[0].getsockname()[1]}"
        return site

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @contextmanager
    def running(self) -> Iterator[Servers]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), self._loop).result(LONGEST)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()


def address() -> str:
    """The next address of 127.0.0.0/8 that no site has had."""
    number = next(_addresses)
    return f"127.77.{number // 250}.{number % 250 + 1}"
