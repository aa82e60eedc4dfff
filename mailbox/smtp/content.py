"""The message on the wire: line ends, long lines, dots, eight bits.

What we hand over can be read in one way only: two servers that disagree about
where a message ends are how mail is smuggled past them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# RFC 5321 §4.5.3.1.6, without its line end.
LONGEST_LINE = 998
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@dataclass(frozen=True)
class Content:
    """A message with CRLF line ends only. is_fit: no line too long, no NUL (RFC 5321 §4.5.3.1.6,
    RFC 5322 §2.3). has_ascii_header: without the UTF-8 of RFC 6532.
    """

    octets: bytes
    is_fit: bool
    is_ascii: bool
    has_ascii_header: bool

    @classmethod
    def of(cls, message: bytes) -> Content:
        octets, lines = _in_lines(message)
        is_ascii = octets.isascii()
        header = octets if is_ascii else octets.partition(b"\r\n\r\n")[0]
        is_fit = max(map(len, lines)) <= LONGEST_LINE and b"\0" not in octets
        return cls(octets, is_fit, is_ascii, header.isascii())

    def for_data(self) -> bytes:
        """The octets after DATA: dots doubled (RFC 5321 §4.5.2), and the dot that ends them."""
        dotted = self.for_bdat().replace(b"\r\n.", b"\r\n..")
        return b"".join((b"." if dotted[:1] == b"." else b"", dotted, b".\r\n"))

    def for_bdat(self) -> bytes:
        """The octets of a BDAT chunk (RFC 3030): as they are, ending with a line end."""
        return self.octets if self.octets.endswith(b"\r\n") else self.octets + b"\r\n"


def canonical(message: bytes) -> bytes:
    """Return the message with CRLF line ends only; unchanged where it has no others.

    A bare CR or LF around a dot is how messages are smuggled past a gateway.
    """
    return _in_lines(message)[0]


def _in_lines(message: bytes) -> tuple[bytes, list[bytes]]:
    lines = message.split(b"\r\n")
    # What is left of line ends between the lines is bare: two searches that find nothing
    # cost a hundredth of counting all that there are.
    rest = b"".join(lines)
    if b"\r" not in rest and b"\n" not in rest:
        return message, lines
    mended = _BARE_LINE_END.sub(b"\r\n", message)
    return mended, mended.split(b"\r\n")
