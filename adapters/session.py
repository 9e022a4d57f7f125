"""How a session is named: which bot, which of its processes, which instant. Its orders bear the name."""

from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_NAME_MAX: Final = 10
_PARTS: Final = 2


def session_of(name: str, boot: int, now_ns: int) -> str:
    """Name a session that was never used, whatever became of the journal: its ids fit into 36 characters."""
    return f"{name[:_NAME_MAX]}-{_short(boot)}-{_short(now_ns // 1000)}"


def is_of_another(session: str, name: str) -> bool:
    """Say whether a session is another bot's; of a session without a bot's name nobody can say."""
    parts = session.rsplit("-", _PARTS)
    return len(parts) > _PARTS and parts[0] != name[:_NAME_MAX]


def _short(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text or "0"
