from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.ldap import connection, errors, filters
from accounts.ldap.connection import Server, connect
from tests import slapd
from tests.accounts.ldap.conftest import MANY, UNIT
from tests.mailbox.smtp.servers import Authority
from tests.slapd import BASE, Directory

PEOPLE = "(objectClass=inetOrgPerson)"
Make = Callable[..., Server]


def found(server: Server, filter: str = PEOPLE, base: str = BASE) -> int:
    with connect(server) as session:
        return len(list(session.search(base, filter, ["uid"])))


def test_everybody_is_read_page_by_page_though_the_server_gives_five_hundred_at_once(
    server: Make,
) -> None:
    assert found(server()) == MANY


def test_the_same_search_without_pages_is_cut_off_by_this_server(large: Directory) -> None:
    import ldap

    link = ldap.initialize(f"ldap://127.0.0.1:{large.plain}")
    link.set_option(ldap.OPT_REFERRALS, 0)  # libldap would go after the tree's own references
    link.simple_bind_s(slapd.READER, slapd.PASSWORD)
    with pytest.raises(ldap.SIZELIMIT_EXCEEDED):
        link.search_s(BASE, ldap.SCOPE_SUBTREE, PEOPLE, ["uid"])
    link.unbind_s()


@pytest.mark.parametrize("security", ["starttls", "ldaps"])
def test_a_certificate_of_a_known_authority_makes_it_secure(
    server: Make, large: Directory, authority: Authority, security: str
) -> None:
    port = large.tls if security == "ldaps" else large.plain
    assert found(server(security=security, port=port, ca_certificates=authority.pem)) == MANY


@pytest.mark.parametrize("security", ["starttls", "ldaps"])
def test_a_certificate_that_nobody_here_knows_is_refused(
    server: Make, large: Directory, security: str
) -> None:
    port = large.tls if security == "ldaps" else large.plain
    with pytest.raises(errors.NotSecure):
        found(server(security=security, port=port))


@pytest.mark.parametrize("security", ["starttls", "ldaps"])
def test_a_certificate_for_another_name_is_refused(
    server: Make, large: Directory, authority: Authority, security: str
) -> None:
    port = large.tls if security == "ldaps" else large.plain
    with pytest.raises(errors.NotSecure):
        found(server(security=security, port=port, ca_certificates=authority.pem, host="localhost"))


def test_a_server_that_has_no_tls_gets_no_password(small: Directory) -> None:
    with pytest.raises(errors.NotSecure):
        found(Server("127.0.0.1", small.plain, "starttls", "", slapd.READER, slapd.PASSWORD))


def test_without_tls_only_this_machine_is_spoken_to(server: Make) -> None:
    with pytest.raises(errors.NotLoopback):
        found(server(host="192.0.2.1"))


@pytest.mark.parametrize("security", ["starttls", "ldaps", "loopback"])
def test_where_nobody_listens_the_directory_is_away(server: Make, security: str) -> None:
    with pytest.raises(errors.DirectoryAway):
        found(server(security=security, port=1))


def test_a_host_that_would_add_another_server_to_the_address_is_none(server: Make) -> None:
    for host in ("127.0.0.1 ldap://192.0.2.1", "a/b", "", "a:1@b"):
        with pytest.raises(errors.DirectoryAway):
            found(server(host=host))


def test_a_wrong_bind_password_is_said_so(server: Make) -> None:
    with pytest.raises(errors.LoginRefused):
        found(server(password="not it"))


def test_a_server_killed_in_mid_page_raises_and_does_not_end_early(small: Directory) -> None:
    for number in range(600):
        small.add(*slapd.person(f"more{number}", "สมใจ", "ดีงาม", unit=UNIT))
    server = Server("127.0.0.1", small.plain, "loopback", "", slapd.READER, slapd.PASSWORD)
    read = 0
    with pytest.raises(errors.DirectoryAway), connect(server) as session:
        for _entry in session.search(BASE, PEOPLE, ["uid"]):
            read += 1
            if read == 1:
                small.kill()
    assert read == 500


def test_a_referral_is_counted_and_never_followed(server: Make) -> None:
    with connect(server()) as session:
        people = list(session.search(BASE, PEOPLE, ["uid"]))
        assert (len(people), session.references) == (MANY, 1)


def test_a_place_that_is_only_a_referral_says_so(server: Make) -> None:
    with pytest.raises(errors.SentElsewhere):
        found(server(), base=f"ou=elsewhere,{BASE}")


def test_an_unknown_place_and_a_broken_filter_have_their_sentences(server: Make) -> None:
    with pytest.raises(errors.BaseMissing):
        found(server(), base=f"ou=nowhere,{BASE}")
    with pytest.raises(errors.FilterBroken):
        found(server(), "(&(uid=*)")


def test_a_directory_that_never_ends_is_stopped(server: Make) -> None:
    with connect(server()) as session, pytest.raises(errors.TooMuch):
        list(session.search(BASE, PEOPLE, ["uid"], most=700))


def test_a_directory_whose_pages_never_end_is_stopped(
    server: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_PAGES", 20)
    monkeypatch.setattr(connection.Session, "_page", lambda *_asked: ([], "go on"))
    with connect(server()) as session, pytest.raises(errors.TooMuch):
        list(session.search(BASE, PEOPLE, ["uid"]))


@pytest.mark.parametrize("injected", ["*", "*)(uid=*", "u0001)(|(uid=*", "\0", "u0001*", "\\2a"])
def test_an_injected_value_finds_nobody(server: Make, injected: str) -> None:
    assert found(server(), filters.equal("uid", injected)) == 0


def test_the_right_password_opens_and_every_other_does_not(server: Make) -> None:
    name = slapd.name_of("u0007", UNIT)
    with connect(server()) as session:
        assert session.accepts(name, "password of u0007")
    for dn, password in (
        (name, "password of u0008"),
        (name, ""),
        (name, "\0"),
        ("", "password of u0007"),
        (f"uid=nobody,{BASE}", "password of u0007"),
        ("no name at all", "x"),
    ):
        with connect(server()) as session:
            assert not session.accepts(dn, password), (dn, password)


def test_an_empty_password_is_taken_for_nobodys_sign_in_by_such_a_server(large: Directory) -> None:
    """Why `accepts` must refuse it itself: the server answers with success (RFC 4513, 5.1.2)."""
    import ldap

    link = ldap.initialize(f"ldap://127.0.0.1:{large.plain}")
    link.simple_bind_s(slapd.name_of("u0007", UNIT), "")
    assert link.whoami_s() == ""
    link.unbind_s()


def test_without_the_library_there_is_a_sentence_and_no_crash(
    server: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ldap", None)
    with pytest.raises(errors.LibraryMissing):
        found(server())
