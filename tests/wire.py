"""A connection of one process to a server that can be cut without harm to anybody else's."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType

from sqlalchemy import make_url


class Wire:
    """Listens on a port of its own and passes everything on; `cut()` ends all connections and takes no new ones."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, path: str | None = None) -> None:
        self._host, self._port, self._path = host, port, path
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @classmethod
    def to_postgresql(cls, url: str) -> Wire:
        parsed = make_url(url)
        folder = str(parsed.query.get("host", ""))
        if folder.startswith("/"):
            return cls(path=f"{folder}/.s.PGSQL.{parsed.port or parsed.query.get('port', 5432)}")
        return cls(host=parsed.host or "127.0.0.1", port=parsed.port or 5432)

    def postgresql(self, url: str) -> str:
        """The same database, by way of this wire."""
        parsed = make_url(url).set(host="127.0.0.1", port=self.port)
        return parsed.difference_update_query(["host", "port"]).render_as_string(hide_password=False)

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        if self._path is not None:
            far_reader, far_writer = await asyncio.open_unix_connection(self._path)
        else:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        for each in (writer, far_writer):
            self._writers.discard(each)
            each.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
