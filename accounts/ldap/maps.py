"""Which attribute of a directory says which fact of a person.

A fact names attributes in order, the first that says anything wins; language tags (RFC 3866)
are part of a name: "givenName;lang-th, givenName". Two maps are ready, one for OpenLDAP with
inetOrgPerson (RFC 2798), one for Active Directory; an agency changes single lines of them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.ldap.connection import Entry
from accounts.ldap.errors import DirectoryFailed
from accounts.spreadsheets.values import cleaned

# What a line of a map may be about: facts of a person as every source tells them.
FACTS = (
    *("title_th", "given_name_th", "family_name_th", "title_en", "given_name_en"),
    *("family_name_en", "birth_date", "national_id", "phone", "position_number", "position_th"),
    *("position_en", "unit", "grade", "order_no", "valid_from", "leaves", "leaves_on"),
    "proposed_address",
)
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*")
# Passwords and what unlocks them are no facts of a person, whatever a map says.
_NEVER = frozenset(
    (
        *("userpassword", "unicodepwd", "ntpwdhistory", "lmpwdhistory", "dbcspwd", "userpkcs12"),
        *("sambantpassword", "sambalmpassword", "sambapasswordhistory", "pwdhistory"),
        *("krbprincipalkey", "authpassword", "ms-mcs-admpwd", "msds-managedpassword"),
    )
)


class NotText(Exception):
    """An attribute whose octets are no UTF-8 text. Holds its name."""


class BadLine(DirectoryFailed):
    """A line of a map that names no fact of ours, or no attribute."""

    def __init__(self, line: str) -> None:
        said = _("“%(line)s” is no line of a map. Write it like: grade = employeeType")
        super().__init__(said % {"line": line[:80]})


@dataclass(frozen=True)
class AttributeMap:
    """key: the lasting identity; changed: the stamp of the last change; facts: attributes in order.

    is_binary: the key is sixteen octets in the order of Windows (objectGUID), else text.
    """

    key: str
    changed: str
    is_binary: bool
    people: str
    facts: Mapping[str, tuple[str, ...]]

    @property
    def wanted(self) -> list[str]:
        """The attributes a search asks for, without language tags: a server gives those along."""
        named = {name.partition(";")[0] for names in self.facts.values() for name in names}
        return sorted(named | {self.key, self.changed})

    def key_of(self, entry: Entry) -> str:
        """Return the identity as text; empty where the entry shows none."""
        values = entry.attributes.get(self.key.lower(), ())
        if len(values) != 1:
            return ""
        if self.is_binary:
            return str(uuid.UUID(bytes_le=bytes(values[0]))) if len(values[0]) == 16 else ""
        try:
            return text_of(values[0], self.key)
        except NotText:
            return ""

    def key_in_filter(self, key: str) -> str | bytes:
        """Return the identity as a filter takes it; ValueError where it cannot be one."""
        return uuid.UUID(key).bytes_le if self.is_binary else key

    def read(self, entry: Entry) -> dict[str, str]:
        """Return the facts the entry states, as clean text. Raises NotText."""
        said = {fact: _first(entry, names) for fact, names in self.facts.items()}
        return {fact: text for fact, text in said.items() if text}


OPENLDAP = AttributeMap(
    key="entryUUID",
    changed="modifyTimestamp",
    is_binary=False,
    people="(objectClass=inetOrgPerson)",
    facts={
        "title_th": ("personalTitle;lang-th", "personalTitle"),
        "given_name_th": ("givenName;lang-th", "givenName"),
        "family_name_th": ("sn;lang-th", "sn"),
        "given_name_en": ("givenName;lang-en",),
        "family_name_en": ("sn;lang-en",),
        "position_th": ("title;lang-th", "title"),
        "position_en": ("title;lang-en",),
        "grade": ("employeeType",),
        "phone": ("telephoneNumber",),
        "proposed_address": ("mail",),
    },
)
ACTIVE_DIRECTORY = AttributeMap(
    key="objectGUID",
    changed="whenChanged",
    is_binary=True,
    people="(&(objectCategory=person)(objectClass=user))",
    facts={
        "given_name_th": ("givenName",),
        "family_name_th": ("sn",),
        "position_th": ("title",),
        "grade": ("employeeType",),
        "phone": ("telephoneNumber",),
        "proposed_address": ("mail",),
    },
)
MAPS = {"openldap": OPENLDAP, "ad": ACTIVE_DIRECTORY}


def with_lines(base: AttributeMap, lines: str) -> AttributeMap:
    """Return the map changed by lines "fact = attribute, attribute"; without any: not read.

    A line "key = attribute" or "changed = attribute" names those two. Raises BadLine.
    """
    facts, own = dict(base.facts), {"key": base.key, "changed": base.changed}
    for line in filter(None, map(str.strip, lines.splitlines())):
        fact, equals, rest = (part.strip() for part in line.partition("="))
        names = tuple(filter(None, (name.strip() for name in rest.split(","))))
        if not equals or not all(map(_may_be_read, names)):
            raise BadLine(line)
        if fact in own and len(names) == 1:
            own[fact] = names[0]
        elif fact in FACTS:
            facts[fact] = names
        else:
            raise BadLine(line)
    is_binary = own["key"].lower() == "objectguid"
    return AttributeMap(own["key"], own["changed"], is_binary, base.people, facts)


def text_of(value: bytes, name: str) -> str:
    """Return an attribute's octets as composed text on one line, without what nobody sees."""
    try:
        return cleaned(value.decode())
    except UnicodeDecodeError:
        raise NotText(name) from None


def _first(entry: Entry, names: tuple[str, ...]) -> str:
    for name in names:
        for value in entry.attributes.get(name.lower(), ()):
            if text := text_of(value, name):
                return text
    return ""


def _may_be_read(name: str) -> bool:
    plain = name.lower().partition(";")[0]
    return _ATTRIBUTE.fullmatch(name) is not None and plain not in _NEVER
