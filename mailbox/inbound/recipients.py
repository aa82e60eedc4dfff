"""Recipients: what an envelope address leads to, and whether that takes mail now.

A mailbox by its own address or an alias, an agency's list, the return path of a letter
that has left, the address of a test letter of the gate, a mailbox by a plus-address
(`name+anything`), or whoever takes what comes for addresses nobody has; in this order. The
first is one query, and nearly all of them.

Mail is served for the domains of open agencies only (cabinet letter, clause 2.2). Of one that
was never open an address does not exist; for one that is suspended mail is asked to wait, so
that nothing is lost when it opens again. What comes home to a return path, or to a test
letter, always may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

from django.db import connection

from accounts.models import Agency
from mailbox.filing.lists.members import list_at
from mailbox.mime.addresses import domain_of, other_spellings
from mailbox.models import DistributionList
from mailbox.outbound.returning import paths
from mailbox.readiness import addresses as test_letters

# One message may go to this many addresses by LMTP; more make a second transaction.
MOST_RECIPIENTS = 1_000
# What may follow a name and is for its owner to choose (RFC 5233).
SUBADDRESS = "+"

# Written out, because it is asked for every recipient of every message. The domain may be
# written in another script where its agency has it; one of no agency has no gate.
_FIND = """
SELECT m.id, m.is_open, m.used_bytes >= m.quota_bytes, g.state
FROM mailbox_mailboxaddress a JOIN mailbox_mailbox m ON m.id = a.mailbox_id
LEFT JOIN (accounts_agencydomain d JOIN accounts_agency g ON g.id = d.agency_id)
  ON d.domain = ANY(%s)
WHERE a.address = %s
"""
_CATCH_ALL = """
SELECT m.id, m.is_open, m.used_bytes >= m.quota_bytes, g.state
FROM accounts_agencydomain d JOIN accounts_agency g ON g.id = d.agency_id
JOIN mailbox_maildomain c ON c.domain_id = d.id
JOIN mailbox_mailbox m ON m.id = c.catch_all_id
WHERE d.domain = %s AND m.is_open
"""


class Refusal(Enum):
    """Why an address takes no mail."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    FULL = "full"
    NO_RETURN_PATH = "no-return-path"
    # Of test letters: nobody was given this address, or it is over; and what is too large for one.
    NO_TEST = "no-test"
    TEST_TOO_LARGE = "test-too-large"
    # The agency of the domain is not open yet, or not any more for now.
    NOT_SERVED = "not-served"
    SUSPENDED = "suspended"
    # Of a list, once the letter is there.
    NOT_FOR_LIST = "not-for-list"
    NOBODY_ON_LIST = "nobody-on-list"


@dataclass(frozen=True)
class Recipient:
    """What is behind an address: one of mailbox, group and the last two, or a refusal.

    returned_to: the submission whose return path it is. test_letter: the one whose address.
    """

    refusal: Refusal | None = None
    mailbox: UUID | None = None
    group: DistributionList | None = None
    returned_to: UUID | None = None
    test_letter: int | None = None


UNKNOWN = Recipient(Refusal.UNKNOWN)


def find(address: str, *, now: datetime) -> Recipient:
    """Return what is behind an envelope address (RFC 5321). now: aware.

    Case does not count, not even before the @: two officials whose addresses differ in it
    alone would be a trap. Nor does the script that a Thai domain is written in. KeyMissing
    where a return path cannot be judged.
    """
    if "\0" in address:
        return UNKNOWN
    spellings = [address.lower(), *other_spellings(address.lower())]
    domains = [domain_of(spelling) for spelling in spellings]
    for spelling in spellings:
        found = _mailbox(_FIND, [domains, spelling]) or _elsewhere(spelling, domains, now)
        if found is not None:
            return found
    return UNKNOWN


def _elsewhere(address: str, domains: list[str], now: datetime) -> Recipient | None:
    local, _at, domain = address.rpartition("@")
    group = list_at(address)
    if group is not None:
        # Who may write to it is asked when the letter is there: an MTA that only wants to
        # know whether the address exists (reject_unverified_recipient) names no author.
        return _at_the_gate(group.agency.state) or Recipient(group=group)
    if paths.looks_like_one(local):
        submission = paths.submission_of(local, now.astimezone(UTC).date())
        if submission is None:
            return Recipient(Refusal.NO_RETURN_PATH)
        return Recipient(returned_to=submission)
    if test_letters.is_one(address):
        letter = test_letters.letter_at(address, now)
        return Recipient(Refusal.NO_TEST) if letter is None else Recipient(test_letter=letter)
    name, plus, _detail = local.partition(SUBADDRESS)
    plain = _mailbox(_FIND, [domains, f"{name}@{domain}"]) if name and plus else None
    return plain or _mailbox(_CATCH_ALL, [domain_of(address)])


def _mailbox(question: str, values: Sequence[str | list[str]]) -> Recipient | None:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        row = cursor.fetchone()
    if row is None:
        return None
    mailbox, is_open, is_full, state = row
    if not is_open:
        return Recipient(Refusal.CLOSED)
    if (refused := _at_the_gate(state)) is not None:
        return refused
    return Recipient(Refusal.FULL) if is_full else Recipient(mailbox=mailbox)


def _at_the_gate(state: str | None) -> Recipient | None:
    """The refusal for a domain whose agency is in this state, if it is not open."""
    if state is None or state in Agency.OPEN_STATES:
        return None
    is_suspended = state == Agency.State.SUSPENDED
    return Recipient(Refusal.SUSPENDED if is_suspended else Refusal.NOT_SERVED)
