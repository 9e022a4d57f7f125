"""A served venue behind real sockets: two listeners, one pump, and an end that leaves nothing behind."""

import asyncio
from typing import Final

import msgspec

from sim.serve.control import Control
from sim.serve.doors import Door, House
from sim.serve.pump import Pump
from sim.serve.wire import Served

_CONNECTIONS_MAX: Final = 500


class Addresses(msgspec.Struct, frozen=True):
    """Where a served venue is found, and the key that is known there."""

    http: str
    ws: str
    key: str
    secret: str
    control: str


class Server:
    """One served venue."""

    def __init__(self, served: Served, speed: float) -> None:
        """``speed`` 0 is as fast as the machine goes; nothing listens yet."""
        self._served = served
        self._speed = speed
        self._doors: dict[Door, None] = {}
        self._listeners: list[asyncio.Server] = []
        self._pump: Pump
        self.left_out: list[str] = []

    async def listen(self, host: str, port: int, control_port: int) -> Addresses:
        """Open both ports (0: any that is free); the world moves from now on."""
        self._pump = Pump(self._served.kernel, self._speed)
        control = Control(self._served, self._speed)
        self.left_out = control.install()
        self._served.begin()
        at = await self._open(self._served.wire, host, port)
        behind = await self._open(control, host, control_port)
        key = self._served.wire.site.key
        return Addresses(f"http://{at}", f"ws://{at}", key.name, key.secret, f"http://{behind}")

    async def _open(self, house: House, host: str, port: int) -> str:
        listener = await asyncio.get_running_loop().create_server(lambda: self._door(house), host, port)
        self._listeners.append(listener)
        address, at = listener.sockets[0].getsockname()[:2]
        return f"[{address}]:{at}" if ":" in address else f"{address}:{at}"

    def _door(self, house: House) -> asyncio.Protocol:
        if len(self._doors) >= _CONNECTIONS_MAX:
            return _Full()
        door = Door(house, self._pump, lambda door: self._doors.pop(door, None))
        self._doors[door] = None
        return door

    async def run(self) -> None:
        """Keep the world going, until it is cancelled."""
        await self._pump.run()

    async def close(self) -> None:
        """Listen no more, and break every connection off."""
        for listener in self._listeners:
            listener.close()
        for door in tuple(self._doors):
            door.cut()
        for listener in self._listeners:
            await listener.wait_closed()


class _Full(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn it away."""
        transport.close()
