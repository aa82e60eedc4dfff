"""Records of DNS as the lines of a zone file (RFC 1035, section 5.1)."""

from __future__ import annotations

# A string of a TXT record has at most 255 octets (RFC 1035, section 3.3); some panels count
# the marks around it, too.
_STRING = 250


def line_of(kind: str, name: str, value: str) -> str:
    """A record with its whole name; of NS a line for each server in the value.

    A TXT stands in quotation marks, in several strings where it is long: without them a name
    server takes each word for a string, and what is behind a semicolon for a remark.
    """
    if kind == "TXT":
        return f"{name}. IN TXT {_quoted(value)}"
    values = value.split(" ") if kind == "NS" else [value]
    return "\n".join(f"{name}. IN {kind} {each}" for each in values)


def _quoted(text: str) -> str:
    octets = text.encode()
    strings = [octets[at : at + _STRING] for at in range(0, len(octets), _STRING)] or [b""]
    return " ".join(f'"{"".join(map(_escaped, each))}"' for each in strings)


def _escaped(octet: int) -> str:
    if octet in b'"\\':
        return f"\\{chr(octet)}"
    return chr(octet) if 32 <= octet < 127 else f"\\{octet:03d}"
