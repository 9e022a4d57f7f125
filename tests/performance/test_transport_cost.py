"""What a request costs on loopback, through our transport and through httpx's own, in one run."""

import asyncio
import statistics
import time

import httpx
from loopback import Visit, ok, serving

from adapters.transport import StreamTransport

ROUNDS = 12
REQUESTS = 60


async def answer(visit: Visit) -> None:
    raw = ok(b'{"retCode":0,"retMsg":"OK","result":{"orderId":"1","orderLinkId":"s-1"},"retExtInfo":{},"time":1}')
    while True:
        await visit.request()
        await visit.say(raw)


async def seconds(client: httpx.AsyncClient) -> float:
    began = time.perf_counter()
    for _ in range(REQUESTS):
        response = await client.post("/v5/order/create", content=b'{"category":"linear","symbol":"BTCUSDT"}')
        assert 200 == response.status_code
    return time.perf_counter() - began


async def compare() -> tuple[float, float]:
    """Give both medians, in microseconds per request; rounds take turns, so that both meet the same machine."""
    async with (
        serving(answer) as server,
        httpx.AsyncClient(base_url=server.url, transport=StreamTransport(), trust_env=False) as ours,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as stock,
    ):
        await seconds(ours), await seconds(stock)
        both = [(await seconds(ours), await seconds(stock)) for _ in range(ROUNDS)]
    per_request = [statistics.median(column) / REQUESTS * 1e6 for column in zip(*both, strict=True)]
    return per_request[0], per_request[1]


def test_our_transport_costs_well_below_what_httpx_has_of_its_own() -> None:
    ours_us, stock_us = asyncio.run(compare())
    print(f"per request: ours {ours_us:.0f} us, httpx {stock_us:.0f} us, {stock_us / ours_us:.2f} times faster")
    assert ours_us < 0.8 * stock_us
