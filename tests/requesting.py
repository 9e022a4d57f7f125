"""Requests to a server on loopback that follows a script, by the transport the live bot has."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from loopback import Script, Server, Visit, serving

from adapters.transport import Http, Patience, Reply, StreamTransport

# Enough for a server that answers at once, and soon over for one that does not.
QUICK = Patience(connect_s=2.0, read_s=0.2, write_s=0.2, pool_s=0.05)


def against(
    script: Script, body: Callable[[Http, Server], Awaitable[Any]], patience: Patience | None = None, **transport: Any
) -> Any:
    """Run a body against a server that follows a script."""

    async def main() -> Any:
        async with serving(script) as server:
            http = Http(server.url, StreamTransport(**transport), patience)
            try:
                return await body(http, server)
            finally:
                await http.close()

    return asyncio.run(main())


async def get(http: Http, _server: Server | None = None) -> Reply:
    return await http.call("GET", "/v5/market/time", {})


def answering(*answers: bytes) -> Script:
    """Answer one request after the other on each connection, then wait for the client to leave."""

    async def script(visit: Visit) -> None:
        for answer in answers:
            await visit.request()
            await visit.say(answer)
        await visit.until_gone()

    return script
