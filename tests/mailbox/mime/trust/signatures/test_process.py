from __future__ import annotations

import base64
from collections.abc import Iterator
from time import monotonic

import pytest

from mailbox.mime.killable import ChildFailed
from mailbox.mime.trust.signatures.process import VerifyingProcess
from tests.mailbox.readiness.letters import SELECTOR, key_of, letter, signed

NAME = f"{SELECTOR}._domainkey.transport.example"
KEYS = {NAME: key_of()[1]}
RAW = signed(letter())


@pytest.fixture(scope="module")
def process() -> Iterator[VerifyingProcess]:
    running = VerifyingProcess(2.0)
    yield running
    running.close()


# 768 bits, which no library of today makes any more; nobody's.
SHORT = (
    "MIIBzQIBAAJhAL+qllYLQPZWarYje8uoZAne268gZAYBMM9IUFEqSAFNlg3jIePiaShnwrAX/3QBv7eMcWm0"
    "pnrTiNm8N9jiVjK6IkImPRESvemerfeaREU2ttHFIZiIc5kMvYHywvp7uwIDAQABAmEAqGnKY5zL3iic56JS"
    "Ouehz5KFUmKRwTz2mIygFlGip5J3EYjM1KKzaA+UYIsVqeeF+HAfAGNIw0efS5+JHmTaq3PFQTTIgaAHQbKF"
    "/0im9FX36DPQ7LyY9m6q5uyP2DAxAjEA+J+Oy59gpwuDbSyHCekZd38dqCaXoZ5M03ouMAyrtAdpVerGiVHc"
    "vYc9ij7wscL1AjEAxVpoXQIbgNyXr2jOilyJYTcxEfuw5OT0PVXWQTTadE1zfgYKkz9ZKrTyCqSLDfXvAjEA"
    "lGY4x5W0DUE0C2A+ok2+Y7M+MnYGn/NrC/erxgZqHqUl3KCsLJ7uUTp+Ixx6csBZAjEAjfQtxVjSt6n0YXOd"
    "vOA64PZ2EV1dLAeTttqbNmPyDl33iNqHmMqkNJfa0dTxQKV5AjEA8c6RchFom3g1bI/kd66nRKJQK67mRCcD"
    "M9koHd3TvlV9wgubCxGrlN4YH3GF/om5"
)
SHORT_RECORD = (
    "v=DKIM1; k=rsa; p="
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAL+qllYLQPZWarYje8uoZAne268gZAYBMM9IUFEqSAFNlg3jIePi"
    "aShnwrAX/3QBv7eMcWm0pnrTiNm8N9jiVjK6IkImPRESvemerfeaREU2ttHFIZiIc5kMvYHywvp7uwIDAQAB"
)


def of_size(bits: int) -> str:
    """A key's record whose arithmetic takes a day."""

    def number(value: int) -> bytes:
        octets = b"\0" + value.to_bytes((value.bit_length() + 7) // 8, "big")
        return b"\x02\x84" + len(octets).to_bytes(4, "big") + octets

    numbers = number(2**bits - 1) + number(2**bits - 3)
    inner = b"\x30\x84" + len(numbers).to_bytes(4, "big") + numbers
    bits_of = b"\x03\x84" + (len(inner) + 1).to_bytes(4, "big") + b"\0" + inner
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    whole = algorithm + bits_of
    spki = b"\x30\x84" + len(whole).to_bytes(4, "big") + whole
    return f"v=DKIM1; k=rsa; p={base64.b64encode(spki).decode()}"


def test_the_process_tells_author_and_size_of_a_good_signature(process: VerifyingProcess) -> None:
    said = process.verify(RAW, 0, KEYS)
    assert (said["result"], said["bits"]) == ("pass", 2048)
    assert said["author"].strip() == "saraban@transport.example"


def test_a_key_of_absurd_size_costs_seconds_and_the_next_letter_is_read(
    process: VerifyingProcess,
) -> None:
    began = monotonic()
    with pytest.raises(ChildFailed):
        process.verify(RAW, 0, {NAME: of_size(300_000)})
    assert monotonic() - began < 60
    assert process.verify(RAW, 0, KEYS)["result"] == "pass"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b" folded before anything\r\n" + RAW,
        b"\xff\xfe: \x00\r\n" + RAW,
        RAW.replace(b"h=", b"h=:::", 1),
        RAW.replace(b"bh=", b"bh=\xff", 1),
        RAW.replace(b"; s=k1", b"; s=\xe0\xb8\x81", 1),
        RAW.replace(b"c=relaxed/simple", b"c=/", 1),
        RAW.replace(b"q=dns/txt", b"x=99999999999999999999999999; q=dns/txt", 1),
        RAW.replace(b"\r\n", b"\n"),
        RAW[:200],
        b"A:" * 100_000 + RAW,
    ],
)
def test_no_letter_breaks_the_process(process: VerifyingProcess, raw: bytes) -> None:
    assert process.verify(raw, 0, KEYS)["result"] in ("bad", "fail", "pass")
    assert process.verify(RAW, 5, KEYS)["result"] in ("bad", "fail")


def test_a_short_key_and_an_old_hash_are_weak(process: VerifyingProcess) -> None:
    import dkim

    raw = letter()
    field = dkim.sign(
        raw, b"k1", b"transport.example", key_of()[0], signature_algorithm=b"rsa-sha1"
    )
    assert process.verify(field + raw, 0, KEYS)["result"] == "weak"
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{SHORT}\n-----END RSA PRIVATE KEY-----\n".encode()
    short = dkim.sign(raw, b"k1", b"transport.example", pem)
    assert process.verify(short + raw, 0, {NAME: SHORT_RECORD})["result"] == "weak"
