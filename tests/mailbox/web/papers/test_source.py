"""A letter as it came: headers as text, the whole as a file."""

from __future__ import annotations

import pytest

from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

RAW = (
    b"Received: from <script>alert(1)</script>\r\nFrom: a@b.example\r\n"
    b"Subject: =?utf-8?b?4LiB?=\r\n"
    b"X-Odd:\r\n folded\r\n\r\nthe body\r\n"
)


def test_all_headers_are_shown_as_text_and_the_body_is_not(cast: Cast) -> None:
    message = deliver(RAW, cast.amina)[0]
    answer = signed_in(cast.amina).get(f"/mail/message/{message.pk}/headers/")

    assert answer.content == RAW.partition(b"\r\n\r\n")[0]
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")


def test_the_letter_is_downloaded_as_it_came_under_its_date(cast: Cast) -> None:
    message = deliver(RAW, cast.amina)[0]
    answer = signed_in(cast.amina).get(f"/mail/message/{message.pk}/letter.eml")

    assert b"".join(answer.streaming_content) == RAW
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="letter-20')
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")


@pytest.mark.parametrize("what", ["headers/", "letter.eml"])
def test_the_source_of_others_does_not_exist(cast: Cast, what: str) -> None:
    where = f"/mail/message/{deliver(letter(), cast.amina)[0].pk}/{what}"

    assert signed_in(cast.amina).get(where).status_code == 200
    assert signed_in(cast.chiara).get(where).status_code == 404
