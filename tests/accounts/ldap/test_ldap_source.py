from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from accounts.directory import ldap_source
from accounts.directory.records import PersonRecord
from accounts.models import Source
from mailbox.errors import SealBroken
from mailbox.filing.rotation import kinds
from mailbox.sealing.keyring import StoredKeyring
from tests import slapd
from tests.cast import Cast
from tests.slapd import BASE, Directory

pytestmark = pytest.mark.django_db
GUID = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")


def source_of(cast: Cast, directory: Directory, **settings: object) -> Source:
    made = Source.objects.create(
        agency=cast.transport,
        kind=Source.Kind.LDAP,
        name="directory",
        settings=directory.settings(**settings),
    )
    ldap_source.seal_password(made, slapd.PASSWORD)
    return made


def people(source: Source, **how: str) -> list[PersonRecord]:
    records = ldap_source.read(ldap_source.access_to(source), **how).records
    return [each for each in records if isinstance(each, PersonRecord)]


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[Directory]:
    """A directory with what we ask of Active Directory's schema: one is disabled."""
    somchai = {
        "objectClass": ["user"],
        "cn": "Somchai Jaidee",
        "givenName": "Somchai",
        "sn": "Jaidee",
        "title": "ผู้อำนวยการกอง",
        "objectGUID": GUID.bytes_le,
        "userAccountControl": "512",
        "whenChanged": "20261101000000.0Z",
        "objectCategory": "person",
    }
    gone = {**somchai, "cn": "Gone", "objectGUID": uuid.uuid4().bytes_le}
    entries = [
        (f"cn=Somchai Jaidee,{BASE}", somchai),
        (f"cn=Gone,{BASE}", {**gone, "userAccountControl": "514"}),
    ]
    with slapd.running(tmp_path / "slapd", entries, is_windows=True) as directory:
        yield directory


def test_tagged_names_facts_by_the_map_and_the_place_become_a_record(
    cast: Cast, small: Directory
) -> None:
    small.add(
        *slapd.person(
            "chai",
            "Chai",
            "Dee",
            unit="กองคลัง",
            title="นักวิชาการ",
            mail="chai@agency.test",
            employeeNumber="๑๒๓๔",
            departmentNumber="๑ ต.ค. ๒๕๖๘",
            **{"givenName_lang-th": "ว่าที่ร้อยตรีชัย", "sn_lang-th": "ดี", "title_lang-en": "Scholar"},
        )
    )
    lines = "position_number = employeeNumber\nvalid_from = departmentNumber"
    (chai,) = [each for each in people(source_of(cast, small, map=lines)) if each.position_en]
    assert (chai.title_th, chai.given_name_th, chai.family_name_th) == ("ว่าที่ร้อยตรี", "ชัย", "ดี")
    assert (chai.position_th, chai.position_en) == ("นักวิชาการ", "Scholar")
    assert (chai.unit, chai.valid_from) == (("กองคลัง",), date(2025, 10, 1))
    assert uuid.UUID(chai.key)


def test_active_directory_is_read_by_its_guid_and_latin_names_are_english(
    cast: Cast, windows: Directory
) -> None:
    # The bit that says "disabled", asked for as Active Directory's administrators do.
    disabled = "(userAccountControl:1.2.840.113556.1.4.803:=2)"
    found = {each.key: each for each in people(source_of(cast, windows, leavers=disabled))}
    somchai = found.pop(str(GUID))
    assert (somchai.given_name_en, somchai.given_name_th) == ("Somchai", "")
    assert (somchai.position_th, somchai.leaves) == ("ผู้อำนวยการกอง", "")
    assert [each.leaves for each in found.values()] == ["left"]


def test_active_directory_tells_what_changed_by_its_own_stamp(
    cast: Cast, windows: Directory
) -> None:
    source = source_of(cast, windows)
    assert len(people(source, since="20261101000000.0Z")) == 2
    assert people(source, since="20261101000001.0Z") == []


def test_the_guid_finds_its_entry_again(cast: Cast, windows: Directory) -> None:
    from accounts.ldap import filters
    from accounts.ldap.connection import connect

    access = ldap_source.access_to(source_of(cast, windows))
    wanted = filters.equal(access.map.key, access.map.key_in_filter(str(GUID)))
    with connect(access.server) as session:
        entry = session.first(BASE, wanted, ["cn"])
    assert entry is not None
    assert entry.attributes["cn"] == [b"Somchai Jaidee"]


def test_a_broken_day_spoils_its_own_row_and_keeps_the_key(cast: Cast, small: Directory) -> None:
    small.add(*slapd.person("late", "ชัย", "ดี", employeeType="31/02/2568"))
    source = source_of(cast, small, map="birth_date = employeeType")
    records = ldap_source.read(ldap_source.access_to(source)).records
    (broken,) = [each for each in records if not isinstance(each, PersonRecord)]
    assert len(records) == 4
    assert broken.key
    assert broken.words


def test_a_look_reads_a_few_and_no_more(cast: Cast, small: Directory) -> None:
    reading = ldap_source.read(ldap_source.access_to(source_of(cast, small)), most=2)
    assert len(reading.records) == 2


def test_the_password_is_sealed_to_its_source_and_shown_nowhere(
    cast: Cast, small: Directory
) -> None:
    source = source_of(cast, small)
    other = source_of_another(cast, source)
    assert slapd.PASSWORD.encode() not in bytes(source.sealed_password or b"")
    assert slapd.PASSWORD not in repr(ldap_source.access_to(source))
    with pytest.raises(SealBroken):
        ldap_source.access_to(other)


def source_of_another(cast: Cast, source: Source) -> Source:
    return Source.objects.create(
        agency=cast.interior,
        kind="ldap",
        name="x",
        settings=source.settings,
        sealed_password=source.sealed_password,
    )


def test_a_rotation_of_the_storage_key_takes_the_password_along(
    cast: Cast, small: Directory, keyring: StoredKeyring
) -> None:
    source = source_of(cast, small)
    kind = next(each for each in kinds.kinds() if each.label == "directories")
    before = bytes(source.sealed_password or b"")
    kind.rewrap(source)
    source.save()
    assert bytes(source.sealed_password or b"") != before
    assert ldap_source.access_to(source).server.password == slapd.PASSWORD
    assert kind.count().total() == 1
