from __future__ import annotations

import pytest

from mailbox.mime.trust import hops

MTA = "mx.portal.test"
OURS = f"Authentication-Results: {MTA};\r\n dkim=pass header.d=elsewhere.example\r\n"
FORGED = f"Authentication-Results: {MTA.upper()} 1; dmarc=pass\r\n"
HOP = "Received: from a\r\n by b; now\r\n"
LETTER = "From: dara@elsewhere.example\r\nSubject: x"
BODY = f"\r\n\r\n{FORGED}body\r\n"


def spam(*fields: str) -> bool:
    raw = ("".join(fields) + LETTER + BODY).encode()
    return hops.is_called_spam(hops.headers_of(raw), MTA)


def test_the_filter_of_our_own_mta_is_believed() -> None:
    assert spam(HOP, OURS, "X-Spam: Yes\r\n")
    assert spam("X-Spam-Flag: YES\r\n", HOP, OURS)
    assert spam(HOP, OURS, "X-Spam-Status: Yes, score=12.3\r\n")


def test_nobody_elses_is() -> None:
    assert not spam(HOP, "X-Spam: Yes\r\n"), "without our MTA's findings beside it"
    assert not spam(HOP, OURS, HOP, "X-Spam: Yes\r\n"), "of an earlier hop"
    assert not spam(HOP, OURS, "X-Spam: No\r\n", "X-Spam-Status: Yesterday\r\n")
    raw = (HOP + OURS + "X-Spam: Yes\r\n" + LETTER + BODY).encode()
    assert not hops.is_called_spam(hops.headers_of(raw), "")
    assert not hops.is_called_spam(hops.headers_of(raw), "mx.another.test")


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ((OURS, HOP), (OURS, HOP)),
        ((HOP, OURS, FORGED, LETTER), (HOP, OURS, LETTER)),
        ((HOP, OURS, HOP, FORGED, LETTER), (HOP, OURS, HOP, LETTER)),
        ((HOP, HOP, OURS, LETTER), (HOP, HOP, LETTER)),
        ((OURS, LETTER, "\r\n", FORGED[:-2]), (OURS, LETTER)),
        ((HOP, "Authentication-Results: mx.another.test; spf=pass\r\n", LETTER),) * 2,
        ((HOP, f"X-Note: {MTA}\r\n", LETTER),) * 2,
        ((HOP, f"Authentication-Results: (comment) {MTA}; x=y\r\n", FORGED, LETTER), None),
    ],
)
def test_fields_under_our_name_that_came_along_are_taken_out(
    fields: tuple[str, ...], kept: tuple[str, ...] | None
) -> None:
    raw = ("".join(fields).removesuffix("\r\n") + BODY).encode()
    left = hops.without_forged(raw, MTA)
    if kept is None:
        kept = tuple(field for field in fields if field != FORGED)
    assert left == ("".join(kept).removesuffix("\r\n") + BODY).encode()


def test_a_message_of_nothing_else_keeps_its_body() -> None:
    raw = (HOP + HOP + FORGED + "\r\nbody\r\n").encode()
    assert hops.without_forged(raw, MTA) == (HOP + HOP + "\r\nbody\r\n").encode()
    two = (OURS + FORGED + FORGED + "\r\nbody").encode()
    assert hops.without_forged(two, MTA) == (OURS + "\r\nbody").encode()


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\r", b"no header at all", b"\n\n", b":\r\n:\r\n"])
def test_what_is_no_message_stays_as_it_is(raw: bytes) -> None:
    assert hops.without_forged(raw, MTA) == raw
    assert hops.hops_of(raw) == 0
    assert hops.author_of(hops.headers_of(raw), MTA)[0] == ""


def test_hops_and_mailboxes_on_the_way_are_known() -> None:
    raw = (
        HOP * 3 + "Delivered-To: Amina@transport.example\r\n" + LETTER + "\r\n\r\n" + HOP
    ).encode()
    assert hops.hops_of(raw) == 3
    assert hops.was_delivered_to(raw, "amina@Transport.example")
    assert not hops.was_delivered_to(raw, "a@transport.example")
    assert hops.is_passed_on(raw)
    assert not hops.is_passed_on((HOP + LETTER + "\r\n\r\nDelivered-To: x@y.example\r\n").encode())
