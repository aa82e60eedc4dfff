from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.probing.forms import Secrets, secrets_of

HTTPS = "https://mail.agency.test/login"
CLEAR = "http://mail.agency.test/login"
FIELD = "<input type='password' name=p>"


@pytest.mark.parametrize(
    ("page", "url", "has_password", "in_clear"),
    [
        ("<form><input name=q></form>", CLEAR, False, False),
        (FIELD, HTTPS, True, False),
        (FIELD, CLEAR, True, True),
        (f"<form action='/in'>{FIELD}</form>", HTTPS, True, False),
        (f"<form action=http://mail.agency.test/in>{FIELD}</form>", HTTPS, True, True),
        (f"<form ACTION = 'HTTP://mail.agency.test/in' >{FIELD}</form>", HTTPS, True, True),
        (f"<form action='&#104;ttp://mail.agency.test/'>{FIELD}</form>", HTTPS, True, True),
        (f"<form action=' http://mail.agency.test/'>{FIELD}</form>", HTTPS, True, True),
        (f"<form action='https://a.test/' action='http://b.test/'>{FIELD}", HTTPS, True, False),
        (f"<form>{FIELD}<button formaction='http://a.test/'>In</button></form>", HTTPS, True, True),
        (f"<base href='http://a.test/'><form action=in>{FIELD}</form>", HTTPS, True, True),
        (
            f"<form action='http://a.test/find'><input></form><form>{FIELD}</form>",
            HTTPS,
            True,
            False,
        ),
        ("<FORM><INPUT TYPE=Password></FORM>", CLEAR, True, True),
        ("<input/type=password>", CLEAR, True, True),
        (f"<!-- {FIELD} -->", CLEAR, False, False),
        (f"<!-- <p> {FIELD}", CLEAR, False, False),
        (f"<!-- a -->{FIELD}<!-- b -->", CLEAR, True, True),
        ("<inputs type=password>", CLEAR, False, False),
        (f"<form action='http://[a/'>{FIELD}</form>", HTTPS, True, False),
        (f"<form action='https://a.test/'>{FIELD}</form>", CLEAR, True, True),
        (f"<form action='http://a.test/'></form>{FIELD}", HTTPS, True, False),
        ("", CLEAR, False, False),
    ],
)
def test_where_a_page_sends_a_password_is_read_from_its_forms(
    page: str, url: str, has_password: bool, in_clear: bool
) -> None:
    assert secrets_of(page, url) == Secrets(has_password, in_clear)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", "<a ", "<input ", "<form ", "<!--", "-->", "'", '"', "=", "a", "/", ">"]
        ),
        max_size=6,
    )
)
def test_no_page_takes_long_or_raises(pieces: list[str]) -> None:
    piece = "".join(pieces) or "<"
    secrets_of((piece * (65_536 // len(piece) + 1))[:65_536], HTTPS)
