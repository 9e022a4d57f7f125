"""How a request is named, and how it is refused in the form its sender expects."""

from strategy import commands, events


def request_of(command: commands.Command) -> str:
    """Name what a command asks, in the words of ``Unanswered`` and ``NotSent``."""
    match command:
        case commands.CreateOrder():
            return events.CREATE
        case commands.AmendOrder():
            return events.AMEND
        case commands.CancelOrder():
            return events.CANCEL
        case commands.CancelAll():
            return events.CANCEL_ALL
        case commands.RequestBook():
            return events.BOOK
        case _:
            return events.QUERY


def unanswered(command: commands.Command, code: str) -> events.Unanswered:
    """End a request without a verdict."""
    client_id, symbol = getattr(command, "client_id", ""), getattr(command, "symbol", "")
    return events.Unanswered(request_of(command), client_id, symbol, code)


def refusal_of(command: commands.Command, code: str, venue_ns: int) -> events.Event:
    """Refuse a request in the form its sender expects."""
    match command:
        case commands.CreateOrder():
            return events.OrderRejected(command.client_id, code, venue_ns)
        case commands.AmendOrder():
            return events.AmendRefused(command.client_id, code, venue_ns)
        case commands.CancelOrder():
            return events.CancelRefused(command.client_id, code, venue_ns)
        case _:
            return unanswered(command, code)


def not_sent(command: commands.Command, reason: str) -> events.NotSent:
    """Say that a command certainly never left its host."""
    client_id, symbol = getattr(command, "client_id", ""), getattr(command, "symbol", "")
    return events.NotSent(request_of(command), client_id, symbol, reason)
