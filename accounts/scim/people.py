"""A SCIM user as the person it tells of: the record that plans are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.directory.records import PersonRecord, Unreadable
from accounts.models import Assignment, ScimResource
from accounts.people import national_id
from accounts.spreadsheets import values
from accounts.spreadsheets.errors import UnreadableCell
from accounts.spreadsheets.names import split_name, split_title

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
THAI_OFFICIAL = "urn:ietf:params:scim:schemas:extension:thaiofficial:2.0:User"
# What `accounts.directory.leave_codes` reads out of these words.
SERVES, SUSPENDED, LEFT = "ปฏิบัติราชการ", "พักราชการ", "ลาออก"

# The extension's attributes that a record has under a name of its own.
_TEXTS = {
    "titleTh": "title_th",
    "givenNameTh": "given_name_th",
    "familyNameTh": "family_name_th",
    "titleEn": "title_en",
    "givenNameEn": "given_name_en",
    "familyNameEn": "family_name_en",
    "positionNumber": "position_number",
    "positionTh": "position_th",
    "positionEn": "position_en",
    "grade": "grade",
    "kind": "kind",
    "orderNo": "order_no",
    "proposedAddress": "proposed_address",
}
_DAYS = {"birthDate": "birth_date", "validFrom": "valid_from", "leavesOn": "leaves_on"}
_THAI = re.compile("[\u0e00-\u0e7f]")
_KNOWN = {each.name for each in fields(PersonRecord)}
# In `raw`, which officers look at, one value is this long at most.
_LONGEST_RAW = 300


def as_record(row: ScimResource, number: int, *, today: date) -> PersonRecord | Unreadable:
    """Return what a user says of a person; its key is the SCIM id, which lasts.

    An inactive user is suspended, a deleted one has left, unless a leave code says otherwise.
    """
    said, extended, key = row.document, row.document.get(THAI_OFFICIAL, {}), str(row.pk)
    facts = _from_user(said) | {
        ours: values.cleaned(extended[theirs])
        for theirs, ours in _TEXTS.items()
        if extended.get(theirs)
    }
    raw = _raw(said)
    try:
        facts |= {ours: values.day(extended.get(theirs, "")) for theirs, ours in _DAYS.items()}
    except UnreadableCell as failure:
        return Unreadable(number, raw, str(failure), key=key)
    facts["unit"] = _unit(said, extended)
    if row.deleted_at is not None or not said.get("active", True):
        facts["leaves"] = extended.get("leaveCode") or (LEFT if row.deleted_at else SUSPENDED)
        facts["leaves_on"] = facts.get("leaves_on") or today
    elif extended.get("leaveCode"):
        facts["leaves"] = extended["leaveCode"]
    else:
        facts["leaves"] = SERVES
    if facts.get("kind", Assignment.Kind.SUBSTANTIVE) not in Assignment.Kind.values:
        return Unreadable(number, raw, _("The kind of the post is not known."), key=key)
    if not any(facts.get(each) for each in ("given_name_th", "given_name_en")):
        return Unreadable(number, raw, _("The user has no name."), key=key)
    known = {name: value for name, value in facts.items() if name in _KNOWN and value}
    return PersonRecord(number=number, key=key, raw=raw, **known)


def _from_user(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the standard attributes say; whatever has no Thai letter is the English of it."""
    name = said.get("name", {})
    given, family, title = (
        values.cleaned(name.get(part, ""))
        for part in ("givenName", "familyName", "honorificPrefix")
    )
    if given or family:
        split, given = split_title(given)
    else:
        whole = name.get("formatted") or said.get("displayName", "")
        split, rest = split_title(values.cleaned(whole))
        given, family = split_name(rest)
    title = title or split
    language = "th" if _THAI.search(given + family) else "en"
    post = values.cleaned(said.get("title", ""))
    return {
        f"title_{language}": title,
        f"given_name_{language}": given,
        f"family_name_{language}": family,
        "position_th" if _THAI.search(post) else "position_en": post,
        "phone": _first(said.get("phoneNumbers", []), "work"),
    }


def _unit(said: Mapping[str, Any], extended: Mapping[str, Any]) -> tuple[str, ...]:
    enterprise = said.get(ENTERPRISE, {})
    names = [enterprise.get("division", ""), enterprise.get("department", "")]
    if path := extended.get("unitPath"):
        names = path.split("/")
    cleaned = (values.cleaned(each) for each in names)
    return tuple(dict.fromkeys(each for each in cleaned if each))


def _first(said: list[dict[str, Any]], kind: str) -> str:
    """The primary value of a kind, else the first of it; a private number is no office's."""
    of_kind = [each for each in said if each.get("type", kind).lower() == kind]
    of_kind.sort(key=lambda each: not each.get("primary", False))
    number = str(of_kind[0].get("value", "")) if of_kind else ""
    return values.digits(values.cleaned(number))[:40]


def _raw(said: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """The document in lines for people: "name.givenName" and what it says."""
    lines: dict[str, str] = {}
    for name, value in said.items():
        if name == "schemas":
            continue
        # urn:ietf:params:scim:schemas:extension:enterprise:2.0:User
        place = name.split(":")[-3] if name.startswith("urn:") else f"{before}{name}"
        if isinstance(value, dict):
            lines |= _raw(value, f"{place}.")
        else:
            lines[place] = national_id.masked(str(value)[:_LONGEST_RAW])
    return lines
