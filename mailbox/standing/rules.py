"""A mailbox's filter rules: written, ordered, switched, tried out; in the web tier.

A rule is sealed twice: for its owner under the mailbox's own key, for the workers to the
ingest key (ADR 0008). Whoever writes one holds the public half of the latter only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox import opening
from mailbox.errors import SealBroken
from mailbox.filing.courses import colleagues, may_forward
from mailbox.filing.messages import lock
from mailbox.filing.rules import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_CONDITIONS,
    MOST_FORWARDS,
    MOST_LABELS,
    Facts,
    Rule,
    RuleUnreadable,
    forwardable,
)
from mailbox.ids import new_id
from mailbox.mime.rendition import Summary
from mailbox.models import FilterRule, Folder, Mailbox, MailboxAddress, Message
from mailbox.sealing import infos, keyring

MOST_RULES = 100
# So many of the newest letters are looked at to show what a rule would catch.
TRIED_ON = 200

_PURPOSE = "filter-rule"


class TooManyRules(PortalError):
    message = _("A mailbox has at most 100 filters. Delete one that is no longer needed.")


class RuleSaysNothing(PortalError):
    message = _("A filter needs at least one condition and one thing to do.")


class RuleTooLong(PortalError):
    message = _("The filter has too many parts, or one of its texts is too long.")


class NotAColleague(PortalError):
    message = _(
        "Mail can be forwarded only to officials of your own agency who have a mailbox here."
    )


@dataclass(frozen=True)
class Written:
    """A rule with its row. rule is None where it does not open; it can only be deleted."""

    row: FilterRule
    rule: Rule | None


@dataclass(frozen=True)
class Caught:
    """A letter that a rule would be for."""

    message: Message
    summary: Summary


def of(mailbox: Mailbox, *, private_key: bytes) -> list[Written]:
    """All rules of a mailbox, in their order."""
    return [Written(row, opened(row, private_key)) for row in mailbox.filter_rules.all()]


def opened(row: FilterRule, private_key: bytes) -> Rule | None:
    """A rule as its owner reads it; None where it does not open."""
    try:
        return Rule.from_json(
            opening.open_own(
                bytes(row.sealed_for_owner), private_key, purpose=_PURPOSE, row_id=row.pk
            )
        )
    except (SealBroken, RuleUnreadable):
        return None


def add(mailbox: Mailbox, rule: Rule, *, private_key: bytes) -> FilterRule:
    """Add a rule after the others. RuleSaysNothing, RuleTooLong, TooManyRules, NotAColleague."""
    check(mailbox, rule)
    row = FilterRule(id=new_id(), mailbox=mailbox)
    with transaction.atomic():
        lock([mailbox.pk])
        positions = list(mailbox.filter_rules.values_list("position", flat=True))
        if len(positions) >= MOST_RULES:
            raise TooManyRules
        row.position = max(positions, default=0) + 1
        _seal(row, rule, private_key)
        row.save(force_insert=True)
    return row


@transaction.atomic
def change(row: FilterRule, rule: Rule, *, private_key: bytes) -> None:
    """Have a rule say something else. Raises as `add`."""
    check(row.mailbox, rule)
    _seal(row, rule, private_key)
    row.save(update_fields=["sealed_for_owner", "sealed_for_ingest", "ingest_key_id", "updated_at"])


def switch(row: FilterRule, *, on: bool) -> None:
    row.is_enabled = on
    row.save(update_fields=["is_enabled", "updated_at"])


def shift(row: FilterRule, *, up: bool) -> None:
    """Have a rule asked one place earlier, or later."""
    with transaction.atomic():
        lock([row.mailbox_id])
        rows = list(FilterRule.objects.filter(mailbox=row.mailbox_id))
        place = [one.pk for one in rows].index(row.pk)
        other = place - 1 if up else place + 1
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
        for number, one in enumerate(rows, 1):
            one.position = number
        FilterRule.objects.bulk_update(rows, ["position"])


def check(mailbox: Mailbox, rule: Rule) -> None:
    """Raise what is wrong with a rule before it is kept."""
    deeds = rule.deeds
    if not rule.conditions or deeds.is_nothing:
        raise RuleSaysNothing
    counts = (
        (rule.conditions, MOST_CONDITIONS),
        (deeds.labels, MOST_LABELS),
        (deeds.forward_to, MOST_FORWARDS),
    )
    is_long = len(rule.name) > LONGEST_NAME or any(
        len(one.value) > LONGEST_VALUE for one in rule.conditions
    )
    if is_long or any(len(parts) > most for parts, most in counts):
        raise RuleTooLong
    for address in deeds.forward_to:
        check_colleague(mailbox, address)


def check_colleague(mailbox: Mailbox, address: str) -> None:
    """NotAColleague unless policy lets this mailbox forward to that address."""
    found = MailboxAddress.objects.filter(address=address.lower(), mailbox__is_open=True)
    other = found.exclude(mailbox=mailbox).select_related("mailbox__account").first()
    account = other.mailbox.account if other else None
    own = mailbox.account.agency_id if mailbox.account else None
    if not forwardable(address) or account is None or not may_forward(own, account.agency_id):
        raise NotAColleague


def forwards(mailbox: Mailbox, *, private_key: bytes) -> list[str]:
    """The addresses that rules in use forward to, and that mail does reach."""
    rules = [one.rule for one in of(mailbox, private_key=private_key) if one.row.is_enabled]
    named = [to for rule in rules if rule for to in rule.deeds.forward_to]
    return [to for to in dict.fromkeys(named) if colleagues({mailbox.pk: [to]})]


def caught(mailbox: Mailbox, rule: Rule, *, private_key: bytes) -> Iterator[Caught]:
    """Those of the newest letters, of the last TRIED_ON received, that the rule is for."""
    newest = Message.objects.filter(mailbox=mailbox, is_own=False, trashed_at__isnull=True)
    newest = newest.select_related("content").order_by("-received_at", "-id")[:TRIED_ON]
    for message in newest:
        try:
            facts = Facts.of(opening.open_rendition(message, private_key))
            if rule.is_met(facts):
                yield Caught(message, opening.open_summary(message, private_key))
        except (SealBroken, OSError, ValueError):
            continue


def usable_folders(folders: Sequence[Folder]) -> list[Folder]:
    """Those of these folders a rule may move to."""
    kinds = (Folder.Kind.OWN, Folder.Kind.ARCHIVE, Folder.Kind.SPAM, Folder.Kind.TRASH)
    return [one for one in folders if one.kind in kinds]


def _seal(row: FilterRule, rule: Rule, private_key: bytes) -> None:
    value = rule.to_json()
    row.sealed_for_owner = opening.seal_own(value, private_key, purpose=_PURPOSE, row_id=row.pk)
    row.ingest_key_id, row.sealed_for_ingest = keyring.current().seal_to(
        "ingest", json.dumps(value).encode(), infos.for_rule(row.mailbox_id, row.pk)
    )
