"""Search filters as text (RFC 4515). Whatever comes from outside is escaped here."""

from __future__ import annotations

from accounts.ldap.errors import FilterBroken

# RFC 4515, 3: these five octets never stand for themselves in a value.
_ESCAPED = frozenset(b"*()\\\0")


def equal(attribute: str, value: str | bytes) -> str:
    """Return the filter for exactly this value; text as UTF-8, bytes octet by octet."""
    said = _text(value) if isinstance(value, str) else "".join(map(_escape, value))
    return f"({attribute}={said})"


def since(attribute: str, value: str) -> str:
    """Return the filter for values that are this one or come after it."""
    return f"({attribute}>={_text(value)})"


def both(*filters: str) -> str:
    """Return the filter that holds where all of these do; each must be whole by itself.

    Raises FilterBroken where one's brackets would reach into the next.
    """
    for each in filters:
        if not is_whole(each):
            raise FilterBroken
    return filters[0] if len(filters) == 1 else f"(&{''.join(filters)})"


def is_whole(text: str) -> bool:
    """Tell whether the text is one filter: a bracket that closes at the very end, and not before.

    The directory's library looks at the rest of its grammar.
    """
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth <= 0 and place != len(text) - 1:
            return False
    return text.startswith("(") and depth == 0 and "\0" not in text


def _text(value: str) -> str:
    return "".join(_escape(ord(each)) if ord(each) in _ESCAPED else each for each in value)


def _escape(octet: int) -> str:
    return f"\\{octet:02x}"
