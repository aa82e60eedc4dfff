from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from accounts.ldap.connection import Entry
from accounts.ldap.maps import ACTIVE_DIRECTORY, OPENLDAP, BadLine, NotText, with_lines
from accounts.ldap.names import units_of
from accounts.ldap.times import read_stamp, write_stamp
from tests.services import needs_slapd


def entry(**values: str | bytes) -> Entry:
    octets = {name.replace("_", ";"): _octets(value) for name, value in values.items()}
    return Entry("uid=x", octets)


def _octets(value: str | bytes) -> list[bytes]:
    return [value.encode() if isinstance(value, str) else value]


def test_a_thai_tag_wins_over_the_plain_attribute_and_that_over_none() -> None:
    said = OPENLDAP.read(
        entry(givenname="Malee", **{"givenname_lang-th": "มาลี", "givenname_lang-en": "Malee"})
    )
    assert (said["given_name_th"], said["given_name_en"]) == ("มาลี", "Malee")
    assert OPENLDAP.read(entry(sn="ศรีสุข"))["family_name_th"] == "ศรีสุข"


def test_what_nobody_sees_is_taken_out_and_letters_are_composed() -> None:
    assert OPENLDAP.read(entry(sn=" \u200bศรี\ufeff  สุข\0 "))["family_name_th"] == "ศรี สุข"


def test_octets_that_are_no_utf8_are_told_by_the_attributes_name() -> None:
    with pytest.raises(NotText, match="sn"):
        OPENLDAP.read(entry(sn="ศรีสุข".encode("tis-620")))


def test_the_identity_of_active_directory_is_read_in_the_order_of_windows() -> None:
    known = uuid.uuid4()
    assert ACTIVE_DIRECTORY.key_of(entry(objectguid=known.bytes_le)) == str(known)
    assert ACTIVE_DIRECTORY.key_in_filter(str(known)) == known.bytes_le
    assert ACTIVE_DIRECTORY.key_of(entry(objectguid=b"short")) == ""


def test_an_agency_changes_single_lines() -> None:
    changed = with_lines(OPENLDAP, "grade = title;lang-th, title\n\nphone =\nkey = employeeNumber")
    assert changed.facts["grade"] == ("title;lang-th", "title")
    assert changed.facts["phone"] == ()
    assert changed.key_of(entry(employeenumber="7")) == "7"
    assert changed.facts["given_name_th"] == OPENLDAP.facts["given_name_th"]


@pytest.mark.parametrize(
    "line",
    [
        "password = userPassword",
        "grade = userPassword",
        "grade = userPassword;lang-th",
        "grade = sambaLMPassword",
        "grade",
        "grade = a b",
        "x = cn",
    ],
)
def test_a_line_that_is_none_or_asks_for_passwords_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        with_lines(OPENLDAP, line)


def test_units_are_read_from_the_place_outermost_first_and_nothing_else_is() -> None:
    needs_slapd()
    base = "dc=agency,dc=test"
    assert units_of(f"uid=a,ou=กลุ่มหนึ่ง,ou=กองแผนงาน,{base}", base) == ("กองแผนงาน", "กลุ่มหนึ่ง")
    assert units_of(f"uid=a,ou=ก\\, ข,{base}", base) == ("ก, ข",)
    assert units_of(f"uid=a,{base}", base) == ()


@pytest.mark.parametrize("stamp", ["20261123045209Z", "20261123045209.0Z", "20261123045209,999Z"])
def test_both_kinds_of_stamps_are_read_to_the_second(stamp: str) -> None:
    assert read_stamp(stamp) == datetime(2026, 11, 23, 4, 52, 9, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["", "2026", "20261399000000Z", "20261123045209+0700", "x"])
def test_what_is_no_stamp_is_none(stamp: str) -> None:
    assert read_stamp(stamp) is None


def test_a_stamp_is_written_in_utc() -> None:
    assert write_stamp(datetime(2026, 11, 23, 4, 52, 9, tzinfo=UTC)) == "20261123045209.0Z"
