"""What a PromQL expression reads: the series it names, with the labels it wants of them."""

import re

# Words of the language that stand where a name may, and lists of labels.
_WORDS = frozenset(("and", "or", "unless", "bool", "offset", "Inf", "NaN"))
_LISTS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_RANGES = re.compile(r"\[[^\]]*\]")
_TOKEN = re.compile(r'"[^"]*"|(?<![\w.])([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})?(\s*\()?')
_MATCHER = re.compile(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"')

Wanted = dict[str, tuple[str, str]]


def selectors(expression: str) -> list[tuple[str, Wanted]]:
    """Give each name with its matchers: ``{label: (operator, value)}``."""
    plain = _RANGES.sub("", _LISTS.sub(" ", expression))
    found = []
    for token in _TOKEN.finditer(plain):
        name, matchers, called = token.groups()
        if name and not called and name not in _WORDS:
            wanted = {label: (how, value) for label, how, value in _MATCHER.findall(matchers or "")}
            found.append((name, wanted))
    return found


def suits(labels: dict[str, str], wanted: Wanted) -> bool:
    """Say whether a sample's labels are what a selector wants."""
    for label, (how, value) in wanted.items():
        has = labels.get(label, "")
        is_it = has == value if how in ("=", "!=") else re.fullmatch(value, has) is not None
        if is_it == how.startswith("!"):
            return False
    return True
