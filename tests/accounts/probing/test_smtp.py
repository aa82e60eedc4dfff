"""What is learnt of a mail server; every server is a real one on loopback."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from accounts.probing import smtp
from accounts.probing.observations import Observation, Status
from tests.accounts.probing import certificates, zoo
from tests.accounts.probing.certificates import Authority

HOST = "mail.agency.test"


@pytest.fixture(scope="module")
def context(root: Authority) -> ssl.SSLContext:
    return zoo.context_of(root.issue(HOST))


def look_at(cage: zoo.Cage, **more: Any) -> Observation:
    with zoo.serving(cage) as kept:
        return smtp.look(zoo.outbound_to((25, kept.port), **more), HOST, zoo.ADDRESS)


def test_a_good_server_tells_everything_within_five_connections(
    context: ssl.SSLContext, ca_file: str
) -> None:
    with zoo.serving(zoo.smtp(context)) as kept:
        seen = smtp.look(zoo.outbound_to((25, kept.port), ca_file=ca_file), HOST, zoo.ADDRESS)

    assert (seen.status, seen.error, seen.target) == ("answered", "", f"{HOST}@127.0.0.1")
    facts = seen.facts
    assert (facts["port"], facts["banner_code"], facts["banner"]) == (
        25,
        220,
        "mail.agency.test ESMTP",
    )
    assert facts["ehlo"] == ["mail.agency.test", "PIPELINING", "8BITMIME", "STARTTLS"]
    assert (facts["starttls"], facts["tls_error"], facts["injected"]) == (True, "", False)
    assert facts["tls"]["version"] == "TLSv1.3"
    assert (facts["trusted"], facts["name_matches"], len(facts["certificates"])) == (True, True, 1)
    assert facts["forced"] == {"TLSv1.2": "accepted", "TLSv1.3": "accepted"}
    assert facts["old"] == {"TLSv1": "refused", "TLSv1.1": "refused", "SSLv3": "untested"}
    assert kept.visits == 5
    assert Observation.from_json(seen.to_json()) == seen


def test_we_say_who_we_are_and_nothing_that_could_become_a_letter(
    context: ssl.SSLContext, ca_file: str
) -> None:
    with zoo.serving(zoo.smtp(context, forgets=False)) as kept:
        smtp.look(zoo.outbound_to((25, kept.port), ca_file=ca_file), HOST, zoo.ADDRESS)

    assert {*kept.heard} == {b"EHLO probe.portal.test", b"STARTTLS", b"NOOP", b"QUIT"}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_protocols_are_found_behind_starttls(root: Authority, ca_file: str) -> None:
    old = zoo.context_of(root.issue(HOST), least=ssl.TLSVersion.TLSv1)

    assert look_at(zoo.smtp(old), ca_file=ca_file).facts["old"] == {
        "TLSv1": "accepted",
        "TLSv1.1": "accepted",
        "SSLv3": "untested",
    }


def test_an_untrusted_certificate_costs_one_connection_more(ca_file: str) -> None:
    alone = zoo.context_of(certificates.self_signed("other.agency.test"))
    with zoo.serving(zoo.smtp(alone)) as kept:
        seen = smtp.look(zoo.outbound_to((25, kept.port), ca_file=ca_file), HOST, zoo.ADDRESS)

    assert (seen.status, seen.facts["trusted"]) == ("answered", False)
    assert (seen.facts["trust_error"], seen.facts["name_matches"]) == ("self_signed", False)
    assert seen.facts["forced"]["TLSv1.2"] == "accepted"
    assert kept.visits == 6


def test_a_server_that_answers_within_tls_what_came_before_it_is_found(
    context: ssl.SSLContext, ca_file: str
) -> None:
    seen = look_at(zoo.smtp(context, forgets=False), ca_file=ca_file)

    assert (seen.facts["injected"], seen.facts["tls_error"]) == (True, "")


def test_what_a_stranger_slips_in_before_tls_is_not_believed(
    context: ssl.SSLContext, ca_file: str
) -> None:
    seen = look_at(zoo.injects_a_response(context), ca_file=ca_file)

    assert seen.facts["ehlo"] == ["mail.agency.test", "STARTTLS"]
    assert seen.facts["before_tls"] == "250-mail.agency.test\r\n250 AUTH PLAIN\r\n"
    assert seen.facts["tls"]["version"] == "TLSv1.3"


@pytest.mark.parametrize(
    ("cage", "starttls", "tls_error"),
    [
        (zoo.smtp(), False, ""),
        (zoo.hangs_up_at_starttls, True, "closed"),
        (zoo.takes_starttls_back, True, "refused"),
    ],
)
def test_a_mail_server_without_tls_has_answered_all_the_same(
    cage: zoo.Cage, starttls: bool, tls_error: str
) -> None:
    seen = look_at(cage)

    assert (seen.status, seen.facts["banner_code"]) == (Status.ANSWERED, 220)
    assert (seen.facts["starttls"], seen.facts["tls_error"]) == (starttls, tls_error)
    assert (seen.facts["tls"], seen.facts["injected"]) == (None, None)
    assert {*seen.facts["old"].values(), *seen.facts["forced"].values()} == {"untested"}


def test_one_that_is_busy_is_shown_with_its_code() -> None:
    seen = look_at(zoo.says_it_is_busy)

    assert (seen.status, seen.facts["banner_code"]) == (Status.ANSWERED, 421)
    assert seen.facts["banner"] == "4.3.2 Too many of you"


def test_one_that_becomes_busy_leaves_the_rest_untested(
    context: ssl.SSLContext, ca_file: str
) -> None:
    met: list[int] = []

    def cage(talk: zoo.Talk) -> None:
        met.append(1)
        zoo.smtp(context)(talk) if len(met) == 1 else zoo.says_it_is_busy(talk)

    seen = look_at(cage, ca_file=ca_file)

    assert (seen.facts["tls"]["version"], seen.facts["banner_code"]) == ("TLSv1.3", 220)
    assert seen.facts["forced"] == {"TLSv1.2": "untested", "TLSv1.3": "accepted"}
    assert set(seen.facts["old"].values()) == {"untested"}
    assert (seen.facts["injected"], seen.facts["tls_error"]) == (None, "")


def test_one_that_becomes_busy_before_its_certificate_was_seen_is_not_called_without_tls(
    ca_file: str,
) -> None:
    alone, met = zoo.context_of(certificates.self_signed(HOST)), list[int]()

    def cage(talk: zoo.Talk) -> None:
        met.append(1)
        zoo.smtp(alone)(talk) if len(met) == 1 else zoo.says_it_is_busy(talk)

    seen = look_at(cage, ca_file=ca_file)

    assert (seen.status, seen.error) == (Status.UNABLE, "unfinished")
    assert (seen.facts["starttls"], seen.facts["trusted"]) == (True, False)


@pytest.mark.parametrize(
    ("cage", "status", "error"),
    [
        (zoo.tarpit, Status.SILENT, "timeout"),
        (zoo.silence, Status.SILENT, "timeout"),
        (zoo.banner_bomb, Status.BROKEN, "too_much"),
        (zoo.one_long_line, Status.BROKEN, "too_long"),
        (zoo.hang_up, Status.BROKEN, "closed"),
        (lambda talk: talk.say(b"SSH-2.0-OpenSSH_9.2"), Status.BROKEN, "bad_reply"),
        (lambda talk: talk.say(b"220-one", b"250 two"), Status.BROKEN, "bad_reply"),
        (lambda talk: talk.sock.sendall(b"\xff\x00\xfe\r\n"), Status.BROKEN, "bad_reply"),
    ],
)
def test_what_is_no_mail_server_ends_within_its_bounds(
    cage: zoo.Cage, status: Status, error: str
) -> None:
    with zoo.serving(cage) as kept:
        outbound = zoo.outbound_to((25, kept.port), probe_seconds=1)
        seen = smtp.look(outbound, HOST, zoo.ADDRESS)

    assert (seen.status, seen.error) == (status, error)
    assert (seen.facts["tls"], kept.visits) == (None, 1)


def test_a_closed_port_is_refused() -> None:
    with zoo.serving(zoo.silence) as kept:
        pass
    seen = smtp.look(zoo.outbound_to((25, kept.port)), HOST, zoo.ADDRESS)

    assert (seen.status, seen.error) == (Status.BROKEN, "refused")


def test_what_is_not_utf_8_and_zero_octets_are_kept_as_text() -> None:
    seen = look_at(lambda talk: talk.say(b"554 \xe0\xb9\x80 \xff \x00"))

    assert seen.facts["banner"] == "เ \\xff \\x00"


def test_an_address_of_our_own_network_is_never_asked() -> None:
    with zoo.serving(zoo.smtp()) as kept:
        outbound = zoo.outbound_to((25, kept.port), also=())
        seen = smtp.look(outbound, HOST, zoo.ADDRESS)

    assert (seen.status, seen.error, kept.visits) == (Status.FORBIDDEN, "loopback", 0)
