"""The national identity number: thirteen digits, kept only as a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import re

from django.conf import settings

_THIRTEEN = re.compile(r"(?<!\d)(?:\d[ \-]?){12}\d(?!\d)")
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


def plain(number: str) -> str:
    """The thirteen digits of "1-2345-67890-12-1"; empty if the check digit does not fit.

    Check digit: (11 - Σ digit × weight 13…2 mod 11) mod 10.
    """
    digits = re.sub(r"[\s\-]", "", number.translate(_THAI_DIGITS))
    if not re.fullmatch(r"\d{13}", digits):
        return ""
    total = sum(
        int(digit) * weight for digit, weight in zip(digits, range(13, 1, -1), strict=False)
    )
    return digits if (11 - total % 11) % 10 == int(digits[12]) else ""


def digest(number: str) -> bytes:
    """HMAC-SHA-256 of the plain thirteen digits, under a key that is in no table."""
    return hmac.digest(_key(), number.encode(), hashlib.sha256)


def masked(text: str) -> str:
    """The text with every thirteen-digit number hidden but for its last two digits."""
    if not _THIRTEEN.search(arabic := text.translate(_THAI_DIGITS)):
        return text
    return _THIRTEEN.sub(lambda found: f"•••••••••••{found[0][-2:]}", arabic)


def _key() -> bytes:
    return hashlib.sha256(b"govmail national id" + settings.SECRET_KEY.encode()).digest()
