"""Which words answer a request with a verdict, and which are about orders: one list for all who look at them."""

from typing import Final

from strategy import events

# What becomes of a create, an amend or a cancel.
OF_REQUESTS: Final = (
    events.OrderAccepted,
    events.OrderRejected,
    events.OrderAmended,
    events.AmendRefused,
    events.OrderCancelled,
    events.CancelRefused,
)
# What answers a question.
OF_QUESTIONS: Final = (
    events.OrderReport,
    events.OpenOrdersReport,
    events.FillsReport,
    events.ClockSampled,
    events.MarginSeen,
)
VERDICTS: Final = (*OF_REQUESTS, *OF_QUESTIONS)
# What may move an order or the account's money, and where nothing came back.
ABOUT_ORDERS: Final = frozenset(
    {
        *OF_REQUESTS,
        events.OrderReport,
        events.OpenOrdersReport,
        events.FillsReport,
        events.OrderFilled,
        events.CancelAllAnswered,
        events.FundingPaid,
        events.Unanswered,
        events.NotSent,
    }
)
