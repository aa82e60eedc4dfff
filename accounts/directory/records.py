"""One person as any source tells of them, and what cannot be read of it.

An LDAP directory, a spreadsheet and a SCIM client all become these; `plan` compares them with
our officials and never asks where they came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class PersonRecord:
    """A person with a post. key: lasting and the source's own; never a name, DN or address.

    number: the row's place in its source, from 1. raw: as it came, for people to look at.
    unit: names from the agency down, outermost first. leaves: a leave code was given, with its
    day, the first one out. valid_to: the last day of an acting or seconded post. Empty text: the
    source says nothing, and nothing of ours is overwritten.
    """

    number: int
    key: str
    raw: Mapping[str, Any] = field(default_factory=dict)
    title_th: str = ""
    given_name_th: str = ""
    family_name_th: str = ""
    title_en: str = ""
    given_name_en: str = ""
    family_name_en: str = ""
    birth_date: date | None = None
    national_id: str = ""
    phone: str = ""
    position_number: str = ""
    position_th: str = ""
    position_en: str = ""
    unit: tuple[str, ...] = ()
    grade: str = ""
    kind: str = "substantive"
    order_no: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    leaves: str = ""
    leaves_on: date | None = None
    proposed_address: str = ""


@dataclass(frozen=True)
class Unreadable:
    """A row that cannot be read: its number, what it said, and the sentence why.

    key: whom it means, where that much can be read: such a person is not missing.
    """

    number: int
    raw: Mapping[str, Any]
    words: str
    key: str = ""
