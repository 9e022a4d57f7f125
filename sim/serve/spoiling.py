"""Messages whose bytes are spoilt on the way down: cut short, of the wrong types, or a proxy's page instead."""

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.through.exchanged import Answer
from sim.wire import Message

_HTML: Final = "html"
_TRUNCATED: Final = "truncated"
_WRONG_TYPE: Final = "wrong_type"
_STRANGE: Final = {"aFieldOfTomorrow": {"nested": [1, "two", None]}}
_JSON_PAGE: Final = 200


class Spoilt(msgspec.Struct, frozen=True, gc=False):
    """The body of a message that will arrive spoilt, and how."""

    body: Any
    how: str


def spoil(message: Message, how: str) -> Message:
    """Mark a message: what its bytes will be is known to whoever writes them."""
    return replace(message, body=Spoilt(message.body, how))


def how_spoilt(message: Message) -> str:
    """Say how a message is spoilt; empty for one that is not."""
    return message.body.how if isinstance(message.body, Spoilt) else ""


def unspoilt(message: Message) -> Message:
    """Give a message as it was put on the wire."""
    return replace(message, body=message.body.body) if isinstance(message.body, Spoilt) else message


def spoilt_text(text: str, how: str) -> str:
    """Spoil a frame; one that is not to be spoilt is given back as it is."""
    if not how:
        return text
    if how.startswith(_HTML):
        return _page(how.removeprefix(_HTML))
    if how == _TRUNCATED:
        return text[: len(text) // 2]
    told = msgspec.json.decode(text, type=dict[str, Any])
    # Of the wrong type is everything: lists of what was meant. Of tomorrow is only one field more.
    spoilt = {name: [value] for name, value in told.items()} if how == _WRONG_TYPE else told | _STRANGE
    return msgspec.json.encode(spoilt).decode()


def spoilt_answer(answer: Answer, how: str) -> Answer:
    """Spoil an answer; a page may say that all is well."""
    if not how:
        return answer
    if how.startswith(_HTML):
        status = int(how.removeprefix(_HTML))
        return Answer(status, (("Content-Type", "text/html"),), _page(str(status)).encode())
    if answer.status != _JSON_PAGE and how != _TRUNCATED:
        return answer
    return replace(answer, body=spoilt_text(answer.body.decode(), how).encode())


def _page(status: str) -> str:
    return f"<html><head><title>{status}</title></head><body><center>cloud</center></body></html>"
