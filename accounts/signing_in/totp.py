"""Time-based one-time codes (RFC 6238: SHA-1, six digits, steps of 30 seconds). A tool."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import segno
from django_otp.oath import hotp

STEP_SECONDS = 30
DIGITS = 6
# A clock that is half a minute off still opens the door (RFC 6238, 5.2).
WINDOW = 1


def new_secret() -> bytes:
    """Return 20 random bytes, as long as the hash (RFC 4226, 4 R6)."""
    return secrets.token_bytes(20)


def step_at(moment: datetime) -> int:
    """Return the number of the step an aware moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Return the six digits of a step."""
    return f"{hotp(secret, step, DIGITS):0{DIGITS}d}"


def step_of(code: str, secret: bytes, *, now: datetime, after: int) -> int | None:
    """Return the step a code belongs to, if it is near now and later than step `after`."""
    current = step_at(now)
    found = None
    for step in range(current - WINDOW, current + WINDOW + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if same and step > after:
            found = step
    return found


def secret_text(secret: bytes) -> str:
    """Return the secret as people type it: base32 in groups of four letters."""
    letters = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def setup_uri(secret: bytes, *, address: str, issuer: str) -> str:
    """Return the otpauth URI that authenticator apps read (Key URI format)."""
    label = f"{quote(issuer)}:{quote(address)}"
    parts = {
        "secret": base64.b32encode(secret).decode().rstrip("="),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP_SECONDS,
    }
    return f"otpauth://totp/{label}?{urlencode(parts, quote_via=quote)}"


def picture_of(uri: str) -> str:
    """Return a QR code of the URI as a `data:` address of an SVG."""
    return str(segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"))
