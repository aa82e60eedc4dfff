"""An agency's LDAP directory as a source of people: what its row says, made into records.

Whom an entry means is its lasting key alone (entryUUID, objectGUID): not its name in the tree,
which changes with every move, nor its address, which is given anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from django.conf import settings as portal
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.directory.records import PersonRecord, Unreadable
from accounts.ldap import filters
from accounts.ldap.connection import Entry, Server, Session, connect
from accounts.ldap.maps import MAPS, AttributeMap, NotText, with_lines
from accounts.ldap.names import units_of
from accounts.ldap.times import read_stamp
from accounts.models import Source
from accounts.people import national_id
from accounts.signing_in.sealing import SecretSealer
from accounts.spreadsheets import names, values
from accounts.spreadsheets.errors import UnreadableCell

PURPOSE = "directory"
# What an entry among the leavers says, where no attribute gives the reason.
LEFT = "left"
_DAYS = ("birth_date", "valid_from", "leaves_on")
_BY_SCRIPT = ("given_name", "family_name", "position")
_UNITS = "(|(objectClass=organizationalUnit)(objectClass=container))"
_THAI = re.compile("[\u0e00-\u0e7f]")


@dataclass(frozen=True)
class Access:
    """How a source is read: the place to search from, whom for, and which attribute says what.

    leavers: the filter of those among them who have left; empty, the directory does not say.
    """

    server: Server
    base: str
    people: str
    leavers: str
    map: AttributeMap

    @property
    def units_from_names(self) -> bool:
        """Whether a person's unit is where the entry stands, not what it says."""
        return "unit" not in self.map.facts


@dataclass
class Reading:
    """What a directory gave. newest: the latest stamp seen; references: places not followed to."""

    records: list[PersonRecord | Unreadable] = field(default_factory=list)
    newest: datetime | None = None
    references: int = 0


def access_to(source: Source) -> Access:
    """Return how to read a source's directory, its bind password opened.

    Needs the storage key (P5): the web tier has it, and `manage.py sync_directory` run as it.
    """
    said: Mapping[str, Any] = source.settings
    base_map = MAPS[said.get("directory", "openldap")]
    return Access(
        server=Server(
            host=said.get("host", ""),
            port=int(said.get("port", 389)),
            security=said.get("security", "starttls"),
            ca_certificates=said.get("ca_certificates", ""),
            bind_dn=said.get("bind_dn", ""),
            password=_password(source),
            timeout=portal.DIRECTORY_TIMEOUT.total_seconds(),
        ),
        base=said.get("base", ""),
        people=said.get("filter") or base_map.people,
        leavers=said.get("leavers", ""),
        map=with_lines(base_map, said.get("map", "")),
    )


def seal_password(source: Source, password: str) -> None:
    """Seal a saved source's bind password; an empty one takes it away."""
    source.sealed_password = _sealed(source, password) if password else None
    source.save(update_fields=["sealed_password"])


def reseal(source: Source) -> None:
    """Seal the password anew, under the key that is active now; not saved."""
    source.sealed_password = _sealed(source, _password(source))


def read(access: Access, *, since: str = "", most: int = 0) -> Reading:
    """Read everybody, or those changed since a stamp; most: stop after so many (for a look).

    Raises `accounts.ldap.errors.DirectoryFailed`; then nothing of it may be used.
    """
    reading = Reading()
    with connect(access.server) as session:
        left = _leavers(session, access)
        changed = [filters.since(access.map.changed, since)] if since else []
        people = filters.both(access.people, *changed)
        for entry in session.search(access.base, people, access.map.wanted):
            reading.records.append(_record(access, entry, len(reading.records) + 1, left))
            stamp = _stamp(access, entry)
            if stamp and (reading.newest is None or stamp > reading.newest):
                reading.newest = stamp
            if most and len(reading.records) >= most:
                break
        reading.references = session.references
    return reading


def units_changed(access: Access, *, since: str) -> bool:
    """Tell whether a unit was made or renamed since: its people are moved, and not stamped."""
    wanted = filters.both(_UNITS, filters.since(access.map.changed, since))
    with connect(access.server) as session:
        return any(True for _entry in session.search(access.base, wanted, [access.map.changed]))


def _leavers(session: Session, access: Access) -> frozenset[str]:
    if not access.leavers:
        return frozenset()
    gone = filters.both(access.people, access.leavers)
    found = session.search(access.base, gone, [access.map.key])
    return frozenset(access.map.key_of(entry) for entry in found)


def _record(
    access: Access, entry: Entry, number: int, left: frozenset[str]
) -> PersonRecord | Unreadable:
    raw: dict[str, str] = {"dn": entry.dn.replace("\0", "")[:300]}
    key = access.map.key_of(entry)
    if not key:
        return Unreadable(number, raw, _("The directory does not show this entry's key."))
    try:
        said = access.map.read(entry)
        raw |= {fact: national_id.masked(text[:300]) for fact, text in said.items()}
        facts = _facts(said)
        facts["unit"] = _unit(access, entry, said)
    except NotText as failure:
        words = _("What “%(name)s” says is not text.") % {"name": failure.args[0]}
        return Unreadable(number, raw, words, key=key)
    except UnreadableCell as failure:
        return Unreadable(number, raw, str(failure), key=key)
    if key in left:
        facts["leaves"] = facts.get("leaves") or LEFT
    return PersonRecord(number=number, key=key, raw=raw, **facts)


def _facts(said: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {fact: text for fact, text in said.items() if fact != "unit"}
    for fact in _DAYS:
        if fact in facts:
            facts[fact] = _day(facts[fact])
    if "phone" in facts:
        facts["phone"] = values.digits(facts["phone"])[:40]
    if "national_id" in facts:
        facts["national_id"] = national_id.plain(values.number(facts["national_id"]))
    _sort_by_script(facts)
    for language in ("th", "en"):
        title, given = names.split_title(facts.get(f"given_name_{language}", ""))
        facts[f"given_name_{language}"] = given
        facts[f"title_{language}"] = facts.get(f"title_{language}") or title
    return facts


def _sort_by_script(facts: dict[str, Any]) -> None:
    """A directory without language tags: what has no Thai letter is no Thai name."""
    for fact in _BY_SCRIPT:
        thai, english = f"{fact}_th", f"{fact}_en"
        said = facts.get(thai, "")
        if said and not _THAI.search(said):
            facts[english] = facts.get(english) or said
            facts[thai] = ""


def _unit(access: Access, entry: Entry, said: Mapping[str, str]) -> tuple[str, ...]:
    if access.units_from_names:
        return units_of(entry.dn, access.base)
    parts = re.split(r"\s*[/>\\]\s*", said.get("unit", ""))
    return tuple(part for part in parts if part)


def _day(text: str) -> date | None:
    """A day as directories keep it: GeneralizedTime in UTC, eight digits, or as people type it."""
    moment = read_stamp(text)
    if moment is not None:
        return timezone.localdate(moment)
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return values.day(text)


def _stamp(access: Access, entry: Entry) -> datetime | None:
    said = entry.attributes.get(access.map.changed.lower(), ())
    return read_stamp(bytes(said[0]).decode("ascii", "replace")) if said else None


def _sealed(source: Source, password: str) -> bytes:
    return _sealer().seal(password.encode(), purpose=PURPOSE, owner=str(source.pk))


def _password(source: Source) -> str:
    if source.sealed_password is None:
        return ""
    sealed = bytes(source.sealed_password)
    return _sealer().open(sealed, purpose=PURPOSE, owner=str(source.pk)).decode()


def _sealer() -> SecretSealer:
    return cast(SecretSealer, import_string(portal.SECRET_SEALER)())
