"""Whether officials could sign in to mail in clear; every server is a real one on loopback."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from accounts.probing import https, login
from accounts.probing.dns import Dns
from accounts.probing.failing import ProbeFailed
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Outbound
from tests.accounts.probing import zoo
from tests.accounts.probing.certificates import Authority
from tests.accounts.probing.resolver import Resolver

HOST = "mail.agency.test"


@pytest.fixture
def agency(resolver: Resolver) -> Resolver:
    resolver.put(HOST, "A", "127.0.0.1")
    return resolver


def ask(agency: Resolver, declared: str, *ports: tuple[int, int], **more: Any) -> Observation:
    ground = zoo.ground_for(*ports, resolvers=(agency.place,), **more)
    return login.look(Outbound(ground, Dns(ground)), declared)


def ask_server(agency: Resolver, port: int, cage: zoo.Cage, **more: Any) -> Observation:
    with zoo.serving(cage) as kept:
        return ask(agency, f"{HOST}:{port}", (port, kept.port), **more)


OFFERED = {
    "imap closed": (143, zoo.imap(b"STARTTLS", b"LOGINDISABLED"), (True, [], True)),
    "imap open": (143, zoo.imap(b"STARTTLS", b"AUTH=PLAIN"), (True, ["PLAIN"], False)),
    "imap without tls": (143, zoo.imap(), (False, [], False)),
    "imap half closed": (
        143,
        zoo.imap(b"LOGINDISABLED", b"AUTH=PLAIN", b"AUTH=LOGIN"),
        (False, ["PLAIN", "LOGIN"], True),
    ),
    "pop3 closed": (110, zoo.pop3(b"STLS", b"UIDL"), (True, [], True)),
    "pop3 with USER": (110, zoo.pop3(b"STLS", b"USER"), (True, ["USER"], False)),
    "pop3 with SASL": (110, zoo.pop3(b"SASL PLAIN LOGIN"), (False, ["PLAIN", "LOGIN"], False)),
    "submission open": (
        587,
        zoo.smtp(extensions=(b"AUTH PLAIN LOGIN", b"AUTH=LOGIN", b"STARTTLS")),
        (True, ["PLAIN", "LOGIN"], False),
    ),
    "submission of old": (587, zoo.smtp(extensions=(b"AUTH=LOGIN",)), (False, ["LOGIN"], False)),
    "submission closed": (587, zoo.smtp(extensions=(b"STARTTLS",)), (True, [], True)),
}


@pytest.mark.parametrize("kind", OFFERED)
def test_what_is_offered_before_tls_is_written_down(agency: Resolver, kind: str) -> None:
    port, cage, (starttls, mechanisms, is_disabled) = OFFERED[kind]
    seen = ask_server(agency, port, cage)

    assert (seen.status, seen.facts["kind"]) == (Status.ANSWERED, kind.split()[0])
    assert seen.facts["starttls"] is starttls
    assert seen.facts["auth_before_tls"] == mechanisms
    assert seen.facts["login_disabled"] is is_disabled
    assert Observation.from_json(seen.to_json()) == seen


def test_nobodys_name_and_no_password_is_ever_sent(agency: Resolver) -> None:
    heard: set[bytes] = set()
    for port, cage, _ in OFFERED.values():
        with zoo.serving(cage) as kept:
            ask(agency, f"{HOST}:{port}", (port, kept.port))
        heard |= set(kept.heard)

    assert heard == {*(b"a1 CAPABILITY", b"a2 LOGOUT", b"CAPA", b"QUIT", b"EHLO probe.portal.test")}


@pytest.mark.parametrize(
    ("port", "cage"),
    [(993, zoo.imap), (995, zoo.pop3), (465, lambda *words, tls: _smtp_within(tls, *words))],
)
def test_a_server_within_tls_may_offer_what_it_likes(
    agency: Resolver, root: Authority, port: int, cage: Any
) -> None:
    context = zoo.context_of(root.issue(HOST))
    seen = ask_server(agency, port, cage(b"AUTH=PLAIN", b"USER", b"AUTH PLAIN", tls=context))

    assert seen.status == Status.ANSWERED
    assert seen.facts["tls"]["version"] == "TLSv1.3"
    assert (seen.facts["auth_before_tls"], seen.facts["login_disabled"]) == ([], True)
    assert "AUTH PLAIN" in " ".join(seen.facts["capabilities"])


def _smtp_within(context: ssl.SSLContext, *extensions: bytes) -> zoo.Cage:
    def cage(talk: zoo.Talk) -> None:
        talk.secure(context)
        zoo.smtp(extensions=extensions)(talk)

    return cage


@pytest.mark.parametrize(
    ("port", "cage", "status", "error"),
    [
        (993, zoo.imap(b"AUTH=PLAIN"), Status.BROKEN, "not_tls"),
        (143, zoo.smtp(), Status.BROKEN, "bad_reply"),
        (110, zoo.imap(), Status.BROKEN, "bad_reply"),
        (587, zoo.says_it_is_busy, Status.BROKEN, "bad_reply"),
        (143, zoo.tarpit, Status.SILENT, "timeout"),
        (110, zoo.hang_up, Status.BROKEN, "closed"),
        (
            143,
            zoo.answering(b"* OK", {b"A1 CAPABILITY": (b"* CAPABILITY X",) * 70}),
            Status.BROKEN,
            "too_much",
        ),
    ],
)
def test_what_does_not_speak_as_it_should_is_said_to_be_broken(
    agency: Resolver, port: int, cage: zoo.Cage, status: Status, error: str
) -> None:
    seen = ask_server(agency, port, cage, probe_seconds=1)

    assert (seen.status, seen.error) == (status, error)


@pytest.mark.parametrize(
    ("port", "cage"),
    [
        (110, zoo.answering(b"+OK", {b"CAPA": (b"-ERR what?",)})),
        (143, zoo.answering(b"* OK", {b"A1 CAPABILITY": (b"a1 BAD what?",)})),
    ],
)
def test_a_server_that_does_not_say_what_it_takes_is_not_called_closed(
    agency: Resolver, port: int, cage: zoo.Cage
) -> None:
    seen = ask_server(agency, port, cage)

    assert (seen.status, seen.facts["login_disabled"]) == (Status.ANSWERED, None)


def test_the_next_address_is_tried_where_the_first_is_closed(agency: Resolver) -> None:
    agency.put(HOST, "A", "127.0.0.2", "127.0.0.1")
    with zoo.serving(zoo.imap(b"LOGINDISABLED"), "127.0.0.2") as kept:
        seen = ask(agency, f"{HOST}:143", (143, kept.port))

    assert (seen.status, seen.facts.get("login_disabled")) == (Status.ANSWERED, True)


@pytest.mark.parametrize(
    ("declared", "status", "error"),
    [
        (f"{HOST}:22", Status.FORBIDDEN, "port"),
        (HOST, Status.FORBIDDEN, "port"),
        (f"{HOST}:²", Status.FORBIDDEN, "port"),
        ("127.0.0.1:143", Status.FORBIDDEN, "literal"),
        ("metadata.agency.test:143", Status.FORBIDDEN, "metadata"),
        ("http://metadata.agency.test/", Status.FORBIDDEN, "metadata"),
        ("file:///etc/passwd", Status.FORBIDDEN, "scheme"),
        ("nobody.agency.test:143", Status.BROKEN, "no_address"),
    ],
)
def test_what_leads_elsewhere_is_not_asked(
    agency: Resolver, declared: str, status: Status, error: str
) -> None:
    agency.put("metadata.agency.test", "A", "169.254.169.254")
    seen = ask(agency, declared)

    assert (seen.status, seen.error) == (status, error)


FIELD = '<form action="{}"><input name=p type=password></form>'


def test_a_page_that_asks_for_a_password_in_clear_is_caught(agency: Resolver) -> None:
    with zoo.serving(zoo.page(FIELD.format("https://mail.agency.test/in"))) as kept:
        seen = ask(agency, f"http://{HOST}/mail", (80, kept.port))

    # The page itself came in clear: whoever changed it on the way gets the password.
    assert (seen.facts["kind"], seen.facts["final"]) == ("web", f"http://{HOST}/mail")
    assert (seen.facts["has_password"], seen.facts["password_in_clear"]) == (True, True)


def test_a_page_that_comes_by_https_is_asked_for_in_clear_too(
    agency: Resolver, root: Authority, ca_file: str
) -> None:
    body = FIELD.format("/in").encode()
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body
    secured = zoo.https(zoo.context_of(root.issue(HOST)), answer)
    with zoo.serving(secured) as good, zoo.serving(zoo.page(body.decode())) as clear:
        alone = ask(agency, f"https://{HOST}/", (443, good.port), (80, 1), ca_file=ca_file)
        both = ask(agency, f"https://{HOST}/", (443, good.port), (80, clear.port), ca_file=ca_file)

    assert (alone.status, both.status) == (Status.ANSWERED, Status.ANSWERED)
    assert (alone.facts["has_password"], alone.facts["password_in_clear"]) == (True, False)
    assert both.facts["password_in_clear"] is True
    assert both.facts["clear_hops"] == [{"url": f"http://{HOST}/", "status": 200, "error": ""}]


def test_a_page_in_clear_that_leads_to_https_is_well(
    agency: Resolver, root: Authority, ca_file: str
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FIELD.format("").encode()
    secured = zoo.https(zoo.context_of(root.issue(HOST)), answer)
    onward = zoo.page("", f"301 Moved\r\nLocation: https://{HOST}/")
    with zoo.serving(secured) as good, zoo.serving(onward) as clear:
        ports = (443, good.port), (80, clear.port)
        seen = ask(agency, f"http://{HOST}/", *ports, ca_file=ca_file)

    assert seen.facts["final"] == f"https://{HOST}/"
    assert (seen.facts["has_password"], seen.facts["password_in_clear"]) == (True, False)


def test_a_browsers_own_password_box_counts_as_one(agency: Resolver) -> None:
    asks = zoo.page("", '401 No\r\nWWW-Authenticate: Basic realm="mail"')
    with zoo.serving(asks) as kept:
        seen = ask(agency, f"http://{HOST}/", (80, kept.port))

    assert seen.facts["password_in_clear"] is True


def test_a_page_that_comes_in_clear_alone_is_caught_under_its_better_name(
    agency: Resolver,
) -> None:
    with zoo.serving(zoo.page(FIELD.format("/in"))) as clear:
        seen = ask(agency, f"https://{HOST}/", (443, 1), (80, clear.port))

    assert (seen.status, seen.facts["password_in_clear"]) == (Status.ANSWERED, True)


def test_a_page_that_comes_nowhere_is_closed(agency: Resolver) -> None:
    seen = ask(agency, f"https://{HOST}/", (443, 1), (80, 1))

    assert (seen.status, seen.error) == (Status.BROKEN, "refused")


def test_what_we_could_not_ask_in_clear_is_not_called_closed(
    agency: Resolver, root: Authority, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_truly = https.get

    def busy(outbound: Outbound, url: str, asking: https.Asking) -> https.Page:
        if url.startswith("http:"):
            return https.Page([https.Hop(url)], failed=ProbeFailed(Status.UNABLE, "busy"))
        return ask_truly(outbound, url, asking)

    monkeypatch.setattr(https, "get", busy)
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FIELD.format("").encode()
    secured = zoo.https(zoo.context_of(root.issue(HOST)), answer)
    with zoo.serving(secured) as good:
        seen = ask(agency, f"https://{HOST}/", (443, good.port), ca_file=ca_file)

    assert (seen.status, seen.facts["password_in_clear"]) == (Status.ANSWERED, None)
