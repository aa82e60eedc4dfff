"""Addresses as others write them, and as our people type them."""

from __future__ import annotations

import pytest

from mailbox.errors import AddressUnreadable
from mailbox.mime.addresses import (
    domain_of,
    header_form,
    is_valid_address,
    parse_address_list,
    read_addresses,
)
from mailbox.mime.rendition import Address


def read(text: str) -> list[tuple[str, str]]:
    return [(who.name, who.address) for who in read_addresses([text.encode()])[0]]


@pytest.mark.parametrize(
    ("header", "people"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("A B <a@b.example>, c@d.example", [("A B", "a@b.example"), ("", "c@d.example")]),
        ('"B, A" <a@b.example>', [("B, A", "a@b.example")]),
        ("a@b.example (A (inner) B)", [("A (inner) B", "a@b.example")]),
        ("group: a@b.example, c@d.example;", [("", "a@b.example"), ("", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.example:a@b.example>", [("", "a@b.example")]),
        ("a@b.example c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("สมชาย <a@b.example>", [("สมชาย", "a@b.example")]),
        ("a@b.example <a@b.example>", [("", "a@b.example")]),
        ("x\u202eMOC <a@b.example>", [("xMOC", "a@b.example")]),
        (", ,;;", []),
        ('"unclosed <a@b.example>', [("unclosed", "a@b.example")]),
    ],
)
def test_headers_are_read_as_their_senders_meant_them(header: str, people: object) -> None:
    assert read(header) == people


def test_typed_addresses_are_separated_by_anything_usual() -> None:
    typed = 'สมชาย <a@b.example>; c@d.example\n"E, F" <e@f.example>,'
    assert parse_address_list(typed) == [
        Address("สมชาย", "a@b.example"),
        Address("", "c@d.example"),
        Address("E, F", "e@f.example"),
    ]


@pytest.mark.parametrize(
    "typed", ["a", "a@b", "a@b.example, x y", "A\x1cBcc: x <a@b.example>", "a@b..example"]
)
def test_what_is_no_address_is_not_guessed_at(typed: str) -> None:
    with pytest.raises(AddressUnreadable):
        parse_address_list(typed)


@pytest.mark.parametrize("name", ["", "A B", 'A "x" \\ B', "นาย ก, ข", "a@b", "<x>", "(c)"])
def test_what_the_page_shows_is_read_back(name: str) -> None:
    who = Address(name, "a@b.example")
    assert parse_address_list(header_form(who)) == [who]


def test_long_addresses_and_hidden_marks_are_not_valid() -> None:
    assert is_valid_address("a.b+c@d-e.example")
    assert not is_valid_address("a" * 65 + "@b.example")
    assert not is_valid_address("a@b.example\u200f")
    assert not is_valid_address("a@-b.example")
    assert not is_valid_address("\u2028a@b.example")


def test_domains_are_in_lower_case() -> None:
    assert domain_of("A@B.Example") == "b.example"
    assert domain_of("nobody") == ""
