from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.ldap import filters
from accounts.ldap.errors import FilterBroken


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("มาลี", "(cn=มาลี)"),
        ("a*b", r"(cn=a\2ab)"),
        ("*)(uid=*", r"(cn=\2a\29\28uid=\2a)"),
        ("\\", r"(cn=\5c)"),
        ("\0", r"(cn=\00)"),
        (b"\x01\xff", r"(cn=\01\ff)"),
    ],
)
def test_a_value_stands_for_itself_and_for_nothing_else(value: str | bytes, written: str) -> None:
    assert filters.equal("cn", value) == written


@given(st.text())
def test_no_value_whatever_ends_its_own_filter(value: str) -> None:
    written = filters.equal("cn", value)
    assert filters.is_whole(written)
    assert (written.count("("), written.count(")"), written.count("*")) == (1, 1, 0)


@pytest.mark.parametrize("text", ["", "uid=a", "(a=b", "(a=b))", "(a=b)(c=d)", ")(", "(a=\0)"])
def test_what_is_no_filter_by_itself_is_not_joined_to_others(text: str) -> None:
    assert not filters.is_whole(text)
    with pytest.raises(FilterBroken):
        filters.both("(a=b)", text)


def test_filters_are_joined_so_that_all_must_hold() -> None:
    assert filters.both("(a=b)") == "(a=b)"
    assert filters.both("(a=b)", "(|(c=d)(e=f))") == "(&(a=b)(|(c=d)(e=f)))"
