"""Whatever is typed into the search box gets results, or a sentence that says what was wrong."""

from __future__ import annotations

import html

import pytest
from django.test import Client

from mailbox.searching.query import parse
from tests.cast import Cast, signed_in
from tests.mailbox.searching.test_query import TODAY
from tests.mailbox.web.post import deliver, letter

SAID = {
    "ก" * 10_000: "The search is too long.",
    "kangaroo " * 1_200: "The search is too long.",
    "a " * 45: "too many words",
    '"kangaroo': "A quotation mark is not closed.",
    "“kangaroo": "A quotation mark is not closed.",
    '""': "The search holds no word to look for: all letters are shown.",
    "kanga\x00roo": "The search holds characters that cannot be searched.",
    "\x00": "The search holds characters that cannot be searched.",
    "from:": "Nothing follows “from:”.",
    "has:🦘": "“has:🦘” could not be understood, and was searched as words. After has:",
    "is:kangaroo": "After is: unread",
    "before:🦘": "A day is written like",
    "after:31/2/2569": "A day is written like",
    "on:0": "A day is written like",
    "larger:-1": "A size is written like",
    "smaller:99999999999999999999MB": "A size is written like",
    "in:🦘": "There is no folder or label “🦘”.",
    "label:\\": "There is no label “\\”.",
    "(" * 60 + "a OR b" + ")" * 60: "too many parentheses",
}
QUIET = [
    "🦘🦘",
    "👩‍👩‍👧",
    "OR",
    "OR OR OR",
    "-",
    "--a",
    "-(-(-a))",
    ")(",
    "((((",
    "a OR",
    "from:from:from:",
    "subject:\\ \\\\ %s %(x)s {} {{x}} {% x %}",
    "filename:../../etc/passwd",
    "' ; DROP TABLE mailbox_message; --",
    "ๆ ๆ ๆ",
    "่้๊๋",
    "\u202e\u200b\ufeff",
    "เเเเเ",
    "cc:( to:( from:(",
    "larger:1MB OR -larger:1MB",
]


@pytest.fixture
def client(cast: Cast) -> Client:
    deliver(letter("Plan", "kangaroo ๒๕๖๙"), cast.amina)
    return signed_in(cast.amina)


def results(client: Client, text: str) -> str:
    answer = client.post("/mail/search/", {"q": text})
    assert answer.status_code == 302
    answer = client.get(answer["Location"])
    assert answer.status_code == 200
    assert "The search failed" not in answer.content.decode()
    suggested = client.post("/mail/search/suggest/", {"q": text})
    assert suggested.status_code == 200
    return html.unescape(answer.content.decode())


def test_what_was_wrong_is_said_in_a_sentence(client: Client) -> None:
    for text, sentence in SAID.items():
        assert sentence in results(client, text), text[:40]


def test_nonsense_is_searched_as_it_stands(client: Client) -> None:
    for text in QUIET:
        results(client, text)


@pytest.mark.parametrize("text", ["", "   ", "\t\n\u00a0 "])
def test_nothing_is_no_search(client: Client, text: str) -> None:
    shown = client.post("/mail/search/", {"q": text}).content.decode()

    assert "Nothing was asked for." in shown


def test_half_a_character_is_left_out_and_told() -> None:
    query = parse("a\ud800b", today=TODAY)

    assert str(query) == "a b"
    assert [one.kind for one in query.problems] == ["signs"]
