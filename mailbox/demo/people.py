"""The demo's agencies and people: real agencies' names and codes, invented people, no real address.

Every domain ends in .example (RFC 2606). Passwords and authenticator secrets
are the same on every machine, so that the login page of a demo can be tried at
once; a portal that has any other account refuses to load them.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    Assignment,
    Official,
    Position,
    TotpDevice,
)
from accounts.people import directory
from accounts.people.roles import EVALUATOR, HR_OFFICER, MAIL_OFFICER, OPERATOR
from accounts.signing_in import sealing
from mailbox.filing.mailboxes import open_mailbox

FOLDER = Path(__file__).parent
DEMO_PASSWORD = "a demo for everyone to try"  # noqa: S105  # printed by demo_logins: no secret
TOP_LEVEL = "example"
# Where the central service is not open yet; it is in all the others.
_NOT_OPEN = {"mod": Agency.State.NOT_READY, "mol": Agency.State.ASSESSING}
_ROLES = {
    "hr": HR_OFFICER,
    "operator": OPERATOR,
    "mail": MAIL_OFFICER,
    "evaluator": EVALUATOR,
}


@dataclass(frozen=True)
class DemoOfficial:
    """One line of officials.csv."""

    login: str
    agency: str
    given_th: str
    family_th: str
    given_en: str
    family_en: str
    post_th: str
    post_en: str
    director: str
    role: str

    @property
    def address(self) -> str:
        return f"{self.login}@{self.agency}.{TOP_LEVEL}"

    @property
    def name_en(self) -> str:
        return f"{self.given_en} {self.family_en}"

    @property
    def totp_secret(self) -> bytes:
        """Twenty bytes that are the same in every demo."""
        return hashlib.sha256(f"govmail demo authenticator {self.address}".encode()).digest()[:20]


@cache
def officials() -> tuple[DemoOfficial, ...]:
    """Return the demo's people in the order of the file."""
    return tuple(DemoOfficial(**row) for row in _rows("officials.csv"))


def letter_codes() -> dict[str, str]:
    """Return the letter code of each agency by the first label of its domain."""
    return {row["domain"]: row["letter_code"] for row in _rows("agencies.csv")}


def is_loaded() -> bool:
    """Tell whether this portal holds the demo's people."""
    return Account.objects.active().filter(address=officials()[0].address).exists()


def strangers() -> int:
    """Count the accounts that are not the demo's own."""
    own = [person.address for person in officials()]
    return Account.objects.get_queryset().exclude(address__in=own).count()


@transaction.atomic
def load_people() -> int:
    """Make the agencies and people that are missing; return how many people were made.

    Needs the storage key: each person gets a mailbox and a sealed authenticator secret.
    """
    agencies = _load_agencies()
    known = set(Account.objects.get_queryset().values_list("address", flat=True))
    missing = [person for person in officials() if person.address not in known]
    # One hash for all: the password is public, and thirty Argon2 hashes take seconds.
    password = make_password(DEMO_PASSWORD) if missing else ""
    accounts = [_load(person, agencies[person.agency], password) for person in missing]
    directory.list_again(accounts)
    return len(accounts)


def _load_agencies() -> dict[str, Agency]:
    rows = _rows("agencies.csv")
    by_domain = {each.domain: each.agency for each in AgencyDomain.objects.select_related("agency")}
    made: dict[str, Agency] = {}
    for row in rows:
        label, domain = row["domain"], f"{row['domain']}.{TOP_LEVEL}"
        found = by_domain.get(domain)
        if found is None:
            found = Agency.objects.create(
                parent=made.get(row["under"]),
                kind=row["kind"],
                letter_code=row["letter_code"],
                name_th=row["name_th"],
                name_en=row["name_en"],
                state=_NOT_OPEN.get(label, Agency.State.LIVE),
            )
            AgencyDomain.objects.create(agency=found, domain=domain)
        made[label] = found
    return made


def _load(person: DemoOfficial, agency: Agency, password: str) -> Account:
    official = Official.objects.create(
        given_name_th=person.given_th,
        family_name_th=person.family_th,
        given_name_en=person.given_en,
        family_name_en=person.family_en,
    )
    position = Position.objects.create(
        agency=agency,
        title_th=person.post_th,
        title_en=person.post_en,
        is_director_or_above=person.director,
    )
    Assignment.objects.create(official=official, position=position)
    account = Account(
        address=person.address,
        agency=agency,
        official=official,
        state=Account.State.ACTIVE,
        is_staff=bool(person.role),
    )
    account.password = password
    account.save()
    if person.role:
        account.groups.add(Group.objects.get(name=_ROLES[person.role]))
    sealed = sealing.seal_secret(person.totp_secret, account)
    TotpDevice.objects.create(user=account, name="app", sealed_secret=sealed)
    open_mailbox(account, [account.address])
    return account


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
