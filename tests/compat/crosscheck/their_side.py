"""Play orders into a recorded market with hftbacktest, in an environment of its own.

Its numpy is not ours, so this file imports nothing of ours and is run as a program:
``python their_side.py WORK.npz ANSWER.json``. ``WORK`` holds events in hftbacktest's own form, the
orders, and what to do with them in order of time; ``ANSWER`` gets every fill as its local side hears
of it, what its own accounts say, and the code it stopped with where it did.
"""

import json
import sys
from typing import Any

import hftbacktest as hft
import numpy as np
from numba import njit

_CREATE = 0
_RESPONSE = 3
_FILLED, _PARTLY = 3, 5  # statuses


@njit
def _play(hbt: Any, actions: Any, orders: Any, steps: Any, fills: Any, states: Any) -> Any:
    """Do the actions in time; write fills as (order, venue's time, price in ticks, lots)."""
    tick, lot = steps
    told = np.zeros(len(orders), np.int64)
    first, count = 0, 0
    stopped = 0
    hbt.wait_next_feed(False, 1)  # before the first word there is no time at all
    for row in range(len(actions) + 1):
        until = actions[row, 0] if row < len(actions) else np.int64(1) << 62
        while stopped == 0 and hbt.current_timestamp < until:
            heard = hbt.wait_next_feed(True, until - hbt.current_timestamp)
            if heard == 1:  # the data is at its end
                break
            if heard not in (0, 2, _RESPONSE):
                stopped = heard
            if heard != _RESPONSE:
                continue
            own = hbt.orders(0)
            for number in range(first, len(orders)):
                if orders[number, 0] > hbt.current_timestamp:
                    break
                order = own.get(np.uint64(number + 1))
                if order is None:
                    continue
                states[number] = order.status
                if order.status != _FILLED and order.status != _PARTLY:
                    continue
                filled = np.int64(round((order.qty - order.leaves_qty) / lot))
                if filled > told[number]:
                    fills[count, 0] = number
                    fills[count, 1] = order.exch_timestamp
                    fills[count, 2] = np.int64(round(order.exec_price / tick))
                    fills[count, 3] = filled - told[number]
                    told[number] = filled
                    count += 1
        if stopped != 0 or row == len(actions):
            break
        number = actions[row, 2]
        _, side, ticks, lots = orders[number]
        while first < number and orders[first, 0] < orders[number, 0] - 60_000_000_000:
            first += 1
        if actions[row, 1] == _CREATE:
            if side > 0:
                hbt.submit_buy_order(0, number + 1, ticks * tick, lots * lot, hft.GTX, hft.LIMIT, False)
            else:
                hbt.submit_sell_order(0, number + 1, ticks * tick, lots * lot, hft.GTX, hft.LIMIT, False)
        else:
            order = hbt.orders(0).get(np.uint64(number + 1))
            if order is not None and order.cancellable:
                hbt.cancel(0, number + 1, False)
    return count, stopped


def _venue(events: Any, setup: dict[str, Any], market: dict[str, Any]) -> Any:
    asset = hft.BacktestAsset().data([events]).linear_asset(1.0)
    asset = asset.constant_order_latency(setup["latency_ns"], setup["answer_ns"])
    if market["queue"] == "exact":
        asset = asset.l3_fifo_queue_model()
    elif market["queue"] == "risk_averse":
        asset = asset.risk_adverse_queue_model()
    else:
        asset = asset.power_prob_queue_model(float(market["exponent"]))
    asset = asset.partial_fill_exchange() if market["partial"] else asset.no_partial_fill_exchange()
    asset = asset.trading_value_fee_model(0.0, 0.0).tick_size(setup["tick"]).lot_size(setup["lot"])
    return hft.HashMapMarketDepthBacktest([asset])


def main(work_path: str, answer_path: str) -> None:
    """Play every market of the work; each has its own events, orders and actions."""
    work = np.load(work_path)
    setup = json.loads(str(work["setup"]))
    answers = []
    for number, market in enumerate(setup["markets"]):
        rows = work[f"events_{number}"]
        events = np.zeros(len(rows), hft.event_dtype)
        for field in rows.dtype.names:
            events[field] = rows[field]
        orders, actions = work[f"orders_{number}"], work[f"actions_{number}"]
        fills, states = np.zeros((8 * len(orders) + 64, 4), np.int64), np.zeros(len(orders), np.int64)
        hbt = _venue(events, setup, market)
        count, stopped = _play(hbt, actions, orders, (setup["tick"], setup["lot"]), fills, states)
        values = hbt.state_values(0)
        answers.append(
            {
                "fills": fills[:count].tolist(),
                "states": states.tolist(),
                "stopped": int(stopped),
                "position": float(values.position),
                "balance": float(values.balance),
                "trades": int(values.num_trades),
            }
        )
        hbt.close()
    with open(answer_path, "w", encoding="utf-8") as file:
        json.dump({"version": hft.__version__, "markets": answers}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
