from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.directory import ldap_source
from accounts.ldap.connection import connect
from accounts.models import Account, Source, SourceRecord
from accounts.people import standing
from accounts.signing_in import directory_login
from tests import slapd
from tests.cast import PASSWORD, Cast, code_now, signed_in
from tests.slapd import BASE, Directory

pytestmark = pytest.mark.django_db

LOGIN, STEP, INSIDE = "/account/login/", "/account/second-factor/", "/account/security/"
OF_THE_DIRECTORY = "password of amina"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    people = [slapd.person("amina", "อามีนา", "แสงทอง"), slapd.person("other", "สมชาย", "ใจดี")]
    with slapd.running(tmp_path / "slapd", people) as running:
        yield running


@pytest.fixture
def source(cast: Cast, directory: Directory) -> Source:
    """The directory of Amina's ministry; it knows her under another mail and uid than we do."""
    settings = directory.settings(signs_in=True)
    made = Source.objects.create(
        agency=cast.transport, kind=Source.Kind.LDAP, name="directory", settings=settings
    )
    ldap_source.seal_password(made, slapd.PASSWORD)
    know(made, cast.amina, "amina")
    return made


def know(source: Source, account: Account, uid: str) -> SourceRecord:
    """Write down that this entry is this official, by its lasting key."""
    access = ldap_source.access_to(source)
    with connect(access.server) as session:
        entry = session.first(BASE, f"(uid={uid})", ["entryUUID"])
    assert entry is not None
    return SourceRecord.objects.create(
        source=source,
        key=access.map.key_of(entry),
        official=account.official,
        seen_at=timezone.now(),
    )


def give(client: Client, account: Account, password: str) -> tuple[int, str]:
    answer = client.post(LOGIN, {"login": account.address, "password": password})
    return answer.status_code, answer.get("Location", "")


def test_the_agencys_password_and_our_own_second_factor_open_the_portal(
    client: Client, cast: Cast, source: Source
) -> None:
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (302, STEP)
    assert client.get(INSIDE)["Location"] == STEP
    client.post(STEP, {"code": code_now()})
    assert client.get(INSIDE).status_code == 200


def test_a_password_of_the_portal_no_longer_opens_such_an_account(
    client: Client, cast: Cast, source: Source
) -> None:
    assert give(client, cast.amina, PASSWORD) == (200, "")


@pytest.mark.parametrize("password", ["wrong", "password of other", "*", "password of amina "])
def test_no_other_password_opens(client: Client, cast: Cast, source: Source, password: str) -> None:
    assert give(client, cast.amina, password) == (200, "")


def test_who_is_not_known_to_the_directory_signs_in_as_before(
    client: Client, cast: Cast, source: Source
) -> None:
    assert give(client, cast.bruno, PASSWORD) == (302, STEP)
    assert give(client, cast.chiara, PASSWORD) == (302, STEP)


def test_a_directory_that_does_not_sign_people_in_is_not_asked(
    client: Client, cast: Cast, source: Source
) -> None:
    source.settings["signs_in"] = False
    source.save()
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (200, "")
    assert give(client, cast.amina, PASSWORD) == (302, STEP)


def test_the_entry_is_found_by_its_key_after_a_new_uid_and_unit(
    client: Client, cast: Cast, source: Source, directory: Directory
) -> None:
    directory.add(*slapd.unit("กองคลัง"))
    directory.rename(slapd.name_of("amina"), "uid=married", under=f"ou=กองคลัง,{BASE}")
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (302, STEP)


def test_a_deleted_uid_given_to_somebody_else_does_not_open_her_account(
    client: Client, cast: Cast, source: Source, directory: Directory
) -> None:
    directory.delete(slapd.name_of("amina"))
    directory.add(*slapd.person("amina", "อีกคน", "หนึ่ง"))
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (200, "")


def test_who_the_directory_says_has_left_stays_outside(
    client: Client, cast: Cast, source: Source, directory: Directory
) -> None:
    directory.change(slapd.name_of("amina"), employeeType="retired")
    source.settings["leavers"] = "(employeeType=retired)"
    source.save()
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (200, "")


def test_a_suspended_account_stays_shut_whatever_the_directory_says(
    client: Client, cast: Cast, source: Source
) -> None:
    standing.suspend(cast.amina, now=timezone.now(), by=None)
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (302, reverse("account_inactive"))
    assert authenticate(None, email=cast.amina.address, password=OF_THE_DIRECTORY) is None


def test_after_a_move_to_another_agency_the_old_directory_opens_nothing(
    client: Client, cast: Cast, source: Source
) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(agency=cast.interior)
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (200, "")
    assert give(client, cast.amina, PASSWORD) == (302, STEP)


def test_a_directory_of_the_ministry_signs_in_its_departments_people(
    client: Client, cast: Cast, source: Source
) -> None:
    cast.interior.parent = cast.transport
    cast.interior.save()
    Account.objects.filter(pk=cast.amina.pk).update(agency=cast.interior)
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (302, STEP)


def test_a_directory_that_is_away_is_said_so_and_let_rest_for_a_while(
    client: Client, cast: Cast, source: Source, directory: Directory
) -> None:
    directory.kill()
    client.post(reverse("set_language"), {"language": "en"})
    answer = client.post(LOGIN, {"login": cast.amina.address, "password": OF_THE_DIRECTORY})
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()
    directory.start()
    assert give(client, cast.amina, OF_THE_DIRECTORY)[0] == 503
    cache.clear()
    assert give(client, cast.amina, OF_THE_DIRECTORY) == (302, STEP)


def test_an_unknown_address_is_asked_about_like_a_known_one(
    client: Client, cast: Cast, source: Source, directory: Directory
) -> None:
    def ask(address: str) -> int:
        return client.post(LOGIN, {"login": address, "password": "x" * 20}).status_code

    nobody = "nobody@transport.example"
    assert (ask(nobody), ask(cast.amina.address)) == (200, 200)
    directory.kill()
    assert ask(nobody) == 503
    cache.clear()
    assert ask(cast.amina.address) == 503


def test_the_password_is_not_changed_here_but_where_it_lives(cast: Cast, source: Source) -> None:
    page = signed_in(cast.amina).get("/account/password/")
    assert page.status_code == 422
    assert "password of your agency" in page.content.decode()
    assert signed_in(cast.bruno).get("/account/password/").status_code == 200
    assert directory_login.signs_in_by_directory(cast.amina)
    assert not directory_login.signs_in_by_directory(cast.bruno)


def test_the_page_of_ones_security_says_whose_password_it_is(cast: Cast, source: Source) -> None:
    change = reverse("account_change_password")
    page = unescape(signed_in(cast.amina).get(INSIDE).content.decode())
    assert change not in page
    assert "the one of your agency's directory" in page
    assert change in signed_in(cast.bruno).get(INSIDE).content.decode()


@pytest.mark.parametrize("address", ["*)(uid=*", "*@transport.example", "amina)(uid=*)@x\0"])
def test_an_address_that_would_be_a_filter_lets_nobody_in(
    client: Client, cast: Cast, source: Source, address: str
) -> None:
    answer = client.post(LOGIN, {"login": address, "password": OF_THE_DIRECTORY})
    assert answer.status_code == 200


def test_a_key_of_another_kind_of_server_lets_nobody_in_and_breaks_nothing(
    client: Client, cast: Cast, source: Source
) -> None:
    SourceRecord.objects.filter(source=source).update(key="of another server")
    source.settings["map"] = "key = objectGUID"
    source.save()
    assert give(client, cast.amina, OF_THE_DIRECTORY)[0] == 503


def test_the_password_typed_once_more_is_the_agencys_too(cast: Cast, source: Source) -> None:
    client = signed_in(cast.amina)
    again = "/account/reauthenticate/"
    assert client.post(again, {"password": PASSWORD}).status_code == 200
    assert client.post(again, {"password": OF_THE_DIRECTORY}).status_code == 302
