"""Addresses: proposed from names, unique, readable, and never given to a second holder.

An address that was ever anybody's stays theirs: mail to it may arrive for years. So nothing
here looks at an account's state, only at whether its row is there; rows of accounts stay.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, AgencyDomain, Official
from accounts.naming.romanising import romanise
from govmail_portal.errors import PortalError

# RFC 2142 and the offices that every domain has: no person is ever called so.
FOR_OFFICES = frozenset(
    (
        *("abuse", "admin", "administrator", "all", "contact", "dmarc", "everybody", "ftp"),
        *("help", "hostmaster", "info", "it", "mailer-daemon", "marketing", "news", "no-reply"),
        *("noc", "noreply", "office", "postmaster", "root", "sales", "saraban", "security"),
        *("smtp", "staff", "support", "tlsrpt", "usenet", "uucp", "webmaster", "www"),
    )
)
# RFC 5321 allows 64 octets before the @; a name that long is nobody's pleasure.
LONGEST = 48
_LOCAL_PART = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
# Before these an address has been told to nobody, and may still be another.
UNTOLD = (Account.State.REQUESTED, Account.State.APPROVED, Account.State.RESERVED)

Knows = Callable[[list[str]], set[str]]
_ALSO: list[Knows] = []


class NoDomain(PortalError):
    message = _("The agency has no mail domain yet, and none of those above it has.")


class AddressTaken(PortalError):
    message = _("This address is somebody's, or once was. Choose another one.")


class UnfitAddress(PortalError):
    message = _(
        "An address is made of the letters a to z and digits, with single dots, hyphens or "
        "underscores between them; names of offices such as postmaster are not for persons."
    )


class OtherDomain(PortalError):
    message = _("An address ends in a mail domain of its agency, or of one above it.")


class AddressInUse(PortalError):
    message = _("The account is being opened or in use already; its address stays.")


def also_taken(knows: Knows) -> Knows:
    """Hang on somebody else who knows of addresses: given some, returns those that are taken."""
    if knows not in _ALSO:
        _ALSO.append(knows)
    return knows


def propose(official: Official, agency: Agency) -> str:
    """Return a readable address nobody ever had: given.f@, then more letters, then a number.

    From the English name, else from the Thai one spelt by sound. Raises NoDomain. It is free
    now; whoever saves it meets the unique key (see `joining`) if another was quicker.
    """
    return propose_at(official, domain_of(agency))


def propose_at(official: Official, domain: str) -> str:
    """The same, at a domain of the caller's choice."""
    candidates = (f"{local}@{domain}" for local in _local_parts(official))
    while some := list(itertools.islice(candidates, 20)):
        taken = _taken(some)
        for address in some:
            if address not in taken:
                return address
    raise AssertionError("numbers do not end")


def domain_of(agency: Agency) -> str:
    """Return the primary domain of an agency, or of the nearest above it; raises NoDomain."""
    at: Agency | None = agency
    while at is not None:
        first = AgencyDomain.objects.filter(agency=at).order_by("-is_primary", "domain").first()
        if first is not None:
            return first.domain
        at = at.parent
    raise NoDomain


def spell_out(local_part: str, agency: Agency, *, for_office: bool = False) -> str:
    """Return the whole address of a local part an officer chose, if it may be given.

    Raises UnfitAddress, AddressTaken, NoDomain.
    """
    local = unicodedata.normalize("NFKC", local_part).strip().lower()
    if not _LOCAL_PART.fullmatch(local) or len(local) > LONGEST:
        raise UnfitAddress
    if local in FOR_OFFICES and not for_office:
        raise UnfitAddress
    address = f"{local}@{domain_of(agency)}"
    if _taken([address]):
        raise AddressTaken
    return address


def must_be_free(address: str, agency: Agency, *, for_office: bool = False) -> None:
    """Refuse a whole address an officer typed for a new account, unless it may be given.

    Raises UnfitAddress, AddressTaken, and OtherDomain: mail to another agency's domain is theirs.
    """
    local, _at, domain = address.strip().lower().rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or (local in FOR_OFFICES and not for_office):
        raise UnfitAddress
    at: Agency | None = agency
    while at is not None and not AgencyDomain.objects.filter(agency=at, domain=domain).exists():
        at = at.parent
    if at is None:
        raise OtherDomain
    if _taken([f"{local}@{domain}"]):
        raise AddressTaken


@transaction.atomic
def change(account: Account, local_part: str, *, by: Account | None, now: datetime) -> None:
    """Give an account that nobody has been told of yet the address an officer chose.

    Raises AddressInUse once opening has begun, and what `spell_out` raises.
    """
    held = Account.objects.get_queryset().select_for_update().get(pk=account.pk)
    if held.state not in UNTOLD:
        raise AddressInUse
    is_office = held.position_id is not None
    address = spell_out(local_part, held.agency, for_office=is_office)
    _readdress(held, address, by=by, now=now)
    account.address = address


@transaction.atomic
def move_to(account: Account, domain: str, *, by: Account | None, now: datetime) -> None:
    """Give an official's account that nobody has been told of yet an address at another domain.

    Nothing where it has one there. Raises AddressInUse; AddressTaken where others were quicker.
    """
    held = Account.objects.get_queryset().select_for_update(of=("self",)).get(pk=account.pk)
    if held.address.rpartition("@")[2] == domain:
        return
    if held.state not in UNTOLD or held.official is None:
        raise AddressInUse
    address = propose_at(held.official, domain)
    _readdress(held, address, by=by, now=now)
    account.address = address


def _readdress(held: Account, address: str, *, by: Account | None, now: datetime) -> None:
    """Write and record the new address of a row that is locked; raises AddressTaken."""
    before = held.address
    try:
        with transaction.atomic():
            Account.objects.filter(pk=held.pk).update(address=address)
    except IntegrityError as error:
        raise AddressTaken from error
    held.address = address
    chain.record("address_changed", held, by=by, now=now, details={"before": before})


def _taken(addresses: list[str]) -> set[str]:
    ours = Account.objects.filter(address__in=addresses).values_list("address", flat=True)
    return set(ours).union(*(knows(addresses) for knows in _ALSO))


def _local_parts(official: Official) -> Iterator[str]:
    given, family = _names(official)
    if family:
        steps = [f"{given}.{family[:length]}" for length in range(1, len(family) + 1)]
    else:
        steps = [given] if given not in FOR_OFFICES else []
    steps = [step[:LONGEST].rstrip(".") for step in steps]
    yield from dict.fromkeys(steps)
    longest = (steps or [given])[-1]
    for number in itertools.count(2):
        yield f"{longest}{number}"


def _names(official: Official) -> tuple[str, str]:
    given = _plain(official.given_name_en) or _plain(romanise(official.given_name_th))
    family = _plain(official.family_name_en) or _plain(romanise(official.family_name_th))
    return given or family or "official", family if given else ""


def _plain(name: str) -> str:
    """Letters and digits only: accents, spaces and apostrophes are left out."""
    apart = unicodedata.normalize("NFKD", name).lower()
    return re.sub(r"[^a-z0-9]", "", apart)[:30]
