from __future__ import annotations

import os
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest

from mailbox.demo.internet import towns
from mailbox.demo.internet.zones import Zones

HEAD = "$ORIGIN a.example.\n$TTL 60\n@ SOA ns1.demo.example. h.demo.example. 1 60 60 60 60\n"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def zones(tmp_path: Path, said: list[str]) -> Zones:
    return Zones(tmp_path, said.append)


def _write(folder: Path, lines: str, security: str = "signed") -> None:
    file = folder / "a.example.zone"
    changed = file.stat().st_mtime_ns + 1 if file.exists() else 0
    file.write_text(f"; DNSSEC: {security}\n{HEAD}{lines}\n")
    os.utime(file, ns=(changed, changed))


def _ask(
    zones: Zones, name: str, kind: str = "TXT", *, flags: int = 0, most: int | None = None
) -> dns.message.Message:
    question = dns.message.make_query(name, kind, use_edns=0, payload=4096)
    question.flags |= dns.flags.AD | flags
    answer = zones.answer(question.to_wire(), most=most)
    assert answer is not None
    return dns.message.from_wire(answer)


def _texts(answer: dns.message.Message) -> list[str]:
    return [each.to_text() for rrset in answer.answer for each in rrset]


@pytest.mark.parametrize(
    ("security", "rcode", "is_secure"),
    [
        ("signed", dns.rcode.NOERROR, True),
        ("unsigned", dns.rcode.NOERROR, False),
        ("bogus", dns.rcode.SERVFAIL, False),
    ],
)
def test_the_first_line_says_how_the_zone_validates(
    zones: Zones, tmp_path: Path, security: str, rcode: dns.rcode.Rcode, is_secure: bool
) -> None:
    _write(tmp_path, '@ TXT "here"', security)
    answer = _ask(zones, "a.example")
    assert (answer.rcode(), bool(answer.flags & dns.flags.AD)) == (rcode, is_secure)


def test_what_is_bogus_is_seen_without_validation(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, '@ TXT "here"', "bogus")
    assert "DNSSEC Bogus" in _ask(zones, "a.example").to_text()
    assert _texts(_ask(zones, "a.example", flags=dns.flags.CD)) == ['"here"']


def test_a_pasted_line_counts_at_once(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, "")
    assert _ask(zones, "_dmarc.a.example").rcode() == dns.rcode.NXDOMAIN

    _write(tmp_path, '_dmarc.a.example TXT "v=DMARC1; p=reject"\na.example MX 10 mx1.a.example')

    assert _texts(_ask(zones, "_dmarc.a.example")) == ['"v=DMARC1; p=reject"']
    assert _texts(_ask(zones, "a.example", "MX")) == ["10 mx1.a.example."]


def test_a_slip_in_the_file_is_said_and_the_version_before_goes_on(
    zones: Zones, tmp_path: Path, said: list[str]
) -> None:
    _write(tmp_path, "@ A 127.11.1.1")
    assert _texts(_ask(zones, "a.example", "A")) == ["127.11.1.1"]

    _write(tmp_path, "@ A 127.11.1")

    assert _texts(_ask(zones, "a.example", "A")) == ["127.11.1.1"]
    assert "a.example.zone cannot be read" in said[-1]


def test_a_file_that_never_could_be_read_answers_with_a_failure(
    zones: Zones, tmp_path: Path
) -> None:
    _write(tmp_path, "@ A 127.11.1")
    assert _ask(zones, "a.example", "A").rcode() == dns.rcode.SERVFAIL


def test_a_text_is_taken_without_quotation_marks(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, "_dmarc TXT v=DMARC1; p=reject; rua=mailto:a@a.example")
    text = '"v=DMARC1; p=reject; rua=mailto:a@a.example"'
    assert _texts(_ask(zones, "_dmarc.a.example")) == [text]


def test_the_name_server_itself_answers_what_is_bogus(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, "@ A 127.11.1.1", "bogus")
    question = dns.message.make_query("a.example", "SOA", flags=0)
    answer = dns.message.from_wire(zones.answer(question.to_wire()) or b"")
    assert answer.answer and answer.flags & dns.flags.AA


def test_names_are_followed_found_by_wildcard_or_not_there(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, 'www CNAME a.example.\n@ A 127.11.1.1\n*.w TXT "any"\ndeep.er A 127.11.1.1')
    assert _texts(_ask(zones, "www.a.example", "A")) == ["a.example.", "127.11.1.1"]
    assert _texts(_ask(zones, "x.y.w.a.example")) == ['"any"']
    assert _ask(zones, "er.a.example").rcode() == dns.rcode.NOERROR
    assert _ask(zones, "nobody.a.example").rcode() == dns.rcode.NXDOMAIN
    assert _ask(zones, "www.gov.test", "A").rcode() == dns.rcode.NXDOMAIN


def test_aliases_that_lead_in_a_circle_come_to_an_end(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, "one CNAME two.a.example.\ntwo CNAME one.a.example.")
    assert 0 < len(_ask(zones, "one.a.example", "A").answer) < 20


def test_what_is_too_long_for_a_datagram_is_asked_for_again(zones: Zones, tmp_path: Path) -> None:
    _write(tmp_path, "@ TXT " + " ".join(f'"{"x" * 250}"' for _ in range(8)))
    assert _ask(zones, "a.example", most=1232).flags & dns.flags.TC
    assert _texts(_ask(zones, "a.example"))


def test_no_question_gets_no_answer(zones: Zones) -> None:
    assert zones.answer(b"\x00" * 5) is None


def test_every_zone_the_demo_begins_with_can_be_read(
    zones: Zones, tmp_path: Path, said: list[str]
) -> None:
    (tmp_path / "demo.example.zone").write_text(towns.demo_zone())
    for town in towns.TOWNS:
        text = towns.zone_text(town, "govmail-challenge=1", [("s1", "v=DKIM1; p=" + "A" * 400)])
        (tmp_path / f"{town.domain}.zone").write_text(text)
    for town in towns.TOWNS:
        _ask(zones, town.domain, "MX")
    assert _texts(_ask(zones, "ns2.demo.example", "A")) == [towns.NAME_SERVERS[1]]
    assert len(said) == len(towns.TOWNS) + 1
    assert [line for line in said if "cannot" in line] == []
