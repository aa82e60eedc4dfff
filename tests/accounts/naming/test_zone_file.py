from __future__ import annotations

import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.naming.zone_file import line_of


def _read(line: str, kind: str) -> list[str]:
    """The records as a name server reads them from the line."""
    zone = dns.zone.from_text(f"$TTL 60\n{line}\n", "go.th", check_origin=False)
    found = zone.get_rdataset("agency", dns.rdatatype.from_text(kind))
    assert found is not None
    return [each.to_text() for each in found]


def _text_of(line: str) -> bytes:
    zone = dns.zone.from_text(f"$TTL 60\n{line}\n", "go.th", check_origin=False)
    found = zone.get_rdataset("agency", "TXT")
    assert found is not None
    ((record),) = found
    assert all(len(each) <= 255 for each in record.strings)
    return b"".join(record.strings)


def test_a_text_stands_in_quotation_marks() -> None:
    line = line_of("TXT", "_dmarc.agency.go.th", "v=DMARC1; p=reject")
    assert line == '_dmarc.agency.go.th. IN TXT "v=DMARC1; p=reject"'


@given(st.text(max_size=700))
def test_whatever_a_text_says_a_name_server_reads_it_whole(text: str) -> None:
    assert _text_of(line_of("TXT", "agency.go.th", text)) == text.encode()


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("MX", "10 mail.agency.go.th.", ["10 mail"]),
        ("MX", "0 .", ["0 ."]),
        ("A", "203.0.113.1", ["203.0.113.1"]),
        ("NS", "ns1.agency.go.th. ns2.agency.go.th.", ["ns1", "ns2"]),
        ("CAA", '0 issue "ca.example"', ['0 issue "ca.example"']),
    ],
)
def test_other_records_stand_as_they_are_and_each_name_server_by_itself(
    kind: str, value: str, read: list[str]
) -> None:
    found = _read(line_of(kind, "agency.go.th", value), kind)
    assert sorted(each.replace(".agency", "") for each in found) == read
