from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.signing_in import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("second", "code"),
    # RFC 6238, appendix B, SHA-1, the last six of its eight digits.
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_codes_of_the_rfc_are_ours(second: int, code: str) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    assert totp.code_at(SECRET, totp.step_at(moment)) == code


def test_a_clock_half_a_minute_off_opens_and_a_whole_one_does_not() -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    step = totp.step_at(now)
    for offset, expected in ((-2, None), (-1, step - 1), (0, step), (1, step + 1), (2, None)):
        code = totp.code_at(SECRET, step + offset)
        assert totp.step_of(code, SECRET, now=now, after=-1) == expected


def test_a_step_that_was_used_is_not_found_again() -> None:
    now = datetime.fromtimestamp(1234567890, UTC)
    code = totp.code_at(SECRET, totp.step_at(now))
    assert totp.step_of(code, SECRET, now=now, after=totp.step_at(now)) is None


def test_the_letters_to_type_are_the_secret() -> None:
    assert totp.secret_text(SECRET).replace(" ", "") == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_the_picture_is_an_inline_image() -> None:
    uri = totp.setup_uri(SECRET, address="amina@transport.example", issuer="GovMail Portal")
    assert uri.startswith("otpauth://totp/GovMail%20Portal:amina%40transport.example?secret=")
    assert totp.picture_of(uri).startswith("data:image/svg+xml")
