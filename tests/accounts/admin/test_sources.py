from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.directory import ldap_source
from accounts.models import Source
from accounts.people.roles import OPERATOR
from tests import slapd
from tests.cast import Cast, signed_in
from tests.slapd import BASE, Directory

pytestmark = pytest.mark.django_db

SOURCES = "/admin/accounts/source/"


@pytest.fixture
def operator(cast: Cast) -> Client:
    cast.chiara.is_staff = True
    cast.chiara.save()
    cast.chiara.groups.add(Group.objects.get(name=OPERATOR))
    return signed_in(cast.chiara)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    people = [slapd.unit("กองแผนงาน"), slapd.person("malee", "มาลี", "ศรีสุข", unit="กองแผนงาน")]
    with slapd.running(tmp_path / "slapd", people) as running:
        yield running


def form(cast: Cast, directory: Directory, **changes: Any) -> dict[str, Any]:
    """What the operator types into an empty form."""
    typed = {
        "agency": cast.transport.pk,
        "kind": "ldap",
        "name": "directory",
        "is_enabled": "on",
        "new_password": slapd.PASSWORD,
        "every_hours": "0",
    }
    return {**typed, **directory.settings(), **changes}


def errors(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return set(answer.context["adminform"].form.errors)


def test_an_operator_enters_a_directory_and_its_password_never_comes_out(
    operator: Client, cast: Cast, directory: Directory
) -> None:
    assert operator.post(f"{SOURCES}add/", form(cast, directory)).status_code == 302
    source = Source.objects.get()
    assert ldap_source.access_to(source).server.password == slapd.PASSWORD
    page = operator.get(f"{SOURCES}{source.pk}/change/").content.decode()
    assert slapd.READER in page
    assert slapd.PASSWORD not in page
    assert slapd.PASSWORD not in str(source.settings)


def test_without_a_new_password_the_old_one_stays_until_it_is_forgotten(
    operator: Client, cast: Cast, directory: Directory
) -> None:
    operator.post(f"{SOURCES}add/", form(cast, directory))
    source = Source.objects.get()
    page = f"{SOURCES}{source.pk}/change/"
    operator.post(page, form(cast, directory, new_password="", name="renamed"))
    source.refresh_from_db()
    assert (source.name, ldap_source.access_to(source).server.password) == (
        "renamed",
        slapd.PASSWORD,
    )
    operator.post(page, form(cast, directory, new_password="", forget_password="on"))
    source.refresh_from_db()
    assert source.sealed_password is None


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("host", "127.0.0.1 ldap://192.0.2.1"),
        ("host", ""),
        ("base", "no name"),
        ("base", ""),
        ("bind_dn", "reader"),
        ("filter", "(objectClass=person))(|(uid=*)"),
        ("leavers", "employeeType=x"),
        ("map", "grade = userPassword"),
        ("map", "nonsense"),
        ("ca_certificates", "-----BEGIN CERTIFICATE-----"),
        ("port", "70000"),
        ("security", "none"),
    ],
)
def test_nonsense_is_refused_beside_its_field(
    operator: Client, cast: Cast, directory: Directory, field: str, typed: str
) -> None:
    answer = operator.post(f"{SOURCES}add/", form(cast, directory, **{field: typed}))
    assert errors(answer) == {field}
    assert not Source.objects.exists()


def test_a_look_shows_the_first_people_and_changes_nothing(
    operator: Client, cast: Cast, directory: Directory
) -> None:
    answer = operator.post(f"{SOURCES}add/", form(cast, directory, _look="1"), follow=True)
    page = answer.content.decode()
    assert "มาลี" in page
    assert "กองแผนงาน" in page
    assert not Source.objects.get().batches.exists()


def test_a_look_in_vain_says_why(operator: Client, cast: Cast, directory: Directory) -> None:
    wrong = form(cast, directory, new_password="not it", _look="1")
    page = operator.post(f"{SOURCES}add/", wrong, follow=True).content.decode()
    assert "refuses the name or the password" in page
    source = Source.objects.get()
    empty = form(cast, directory, filter="(uid=nobody)", _look="1")
    page = operator.post(f"{SOURCES}{source.pk}/change/", empty, follow=True).content.decode()
    assert "shows nobody" in page


def test_changed_settings_make_the_next_reading_a_whole_one(
    operator: Client, cast: Cast, directory: Directory
) -> None:
    operator.post(f"{SOURCES}add/", form(cast, directory))
    source = Source.objects.get()
    page = f"{SOURCES}{source.pk}/change/"
    Source.objects.update(read_all_at="2026-11-01T00:00Z")
    operator.post(page, form(cast, directory, name="renamed"))
    assert Source.objects.get().read_all_at is not None
    operator.post(page, form(cast, directory, base=f"ou=กองแผนงาน,{BASE}", every_hours="4"))
    source.refresh_from_db()
    assert source.read_all_at is None
    assert source.due_at is not None


def test_hr_looks_at_its_own_directories_and_changes_none(
    operator: Client, cast: Cast, directory: Directory
) -> None:
    for agency in (cast.transport, cast.interior):
        operator.post(f"{SOURCES}add/", form(cast, directory, agency=agency.pk))
    own, other = Source.objects.order_by("agency_id")
    hana = signed_in(cast.hana)
    assert hana.get(f"{SOURCES}{own.pk}/change/").status_code == 200
    assert hana.get(f"{SOURCES}{other.pk}/change/").status_code in (302, 404)
    assert hana.get(f"{SOURCES}{own.pk}/change/?look=1").context.get("look") is None
    before = own.settings
    hana.post(f"{SOURCES}{own.pk}/change/", form(cast, directory, name="mine"))
    own.refresh_from_db()
    assert (own.name, own.settings) == ("directory", before)
