"""Courses: what a mailbox's own rules make of a letter that is being filed.

Rules are opened with the ingest key, in a worker. They only ever add comfort: one that
does not open, or names what is gone, is passed over, and the letter lies in the inbox
(promises P1, P2). Which mailboxes get the letter is known before the first of them is
locked, so that rules that forward to each other cannot wait for each other.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.rules import PLACES, Deeds, Facts, Rule, chosen, together
from mailbox.models import FilterRule, Folder, Mailbox, MailboxAddress
from mailbox.sealing import infos, keyring

logger = logging.getLogger(__name__)

# A letter goes from colleague to colleague at most so often by itself.
MOST_HOPS = 3

# Written out, because it is asked for every message.
_RULES = """
(SELECT id, mailbox_id, ingest_key_id, sealed_for_ingest, NULL::uuid FROM mailbox_filterrule
 WHERE mailbox_id = ANY(%(boxes)s::uuid[]) AND is_enabled ORDER BY position, id)
UNION ALL
SELECT NULL::uuid, f.mailbox_id, '', NULL, m.id FROM mailbox_forwarding f
JOIN mailbox_mailbox m ON m.account_id = f.target_id AND m.is_open
WHERE f.mailbox_id = ANY(%(boxes)s::uuid[]) AND f.starts_at <= %(now)s AND f.until > %(now)s
"""
_LABEL = """
INSERT INTO mailbox_labelling (id, mailbox_id, label_id, thread_id, latest_at)
SELECT mailbox_new_id(), l.mailbox_id, l.id, wanted.thread_id, %s
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS wanted (mailbox_id, thread_id, label_id)
JOIN mailbox_label l ON l.id = wanted.label_id AND l.mailbox_id = wanted.mailbox_id
ON CONFLICT (thread_id, label_id, mailbox_id) DO NOTHING
"""


def plan(
    mailboxes: Collection[UUID], facts: Facts, *, now: datetime | None = None
) -> dict[UUID, Deeds]:
    """What is to be done in each of these mailboxes, and in those they forward to.

    Whoever was transferred gets in the new mailbox what comes to the old one; now: decides
    whether that is still so. One statement where nobody has a rule. A mailbox is asked
    once, whoever forwards to it, so a circle of rules ends by itself.
    """
    courses: dict[UUID, Deeds] = {}
    newest: Collection[UUID] = mailboxes
    for _hop in range(MOST_HOPS + 1):
        courses |= dict.fromkeys(newest, Deeds())
        found, moved = _asked(newest, facts, now or timezone.now())
        courses |= found
        forwards = {box: deeds.forward_to for box, deeds in found.items() if deeds.forward_to}
        newest = (colleagues(forwards) | moved) - courses.keys()
        if not newest:
            return courses
    logger.warning("a letter was to be forwarded more than %d times", MOST_HOPS)
    return courses


def _asked(
    mailboxes: Collection[UUID], facts: Facts, now: datetime
) -> tuple[dict[UUID, Deeds], set[UUID]]:
    """The deeds of these mailboxes' own rules, and the mailboxes of those who have moved."""
    moved: set[UUID] = set()
    rules: defaultdict[UUID, list[Rule]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_RULES, {"boxes": list(mailboxes), "now": now})
        found = cursor.fetchall()
    for pk, box, key_id, sealed, target in found:
        if target is not None:
            moved.add(target)
            continue
        row = FilterRule(id=pk, mailbox_id=box, ingest_key_id=key_id, sealed_for_ingest=sealed)
        try:
            rules[row.mailbox_id].append(open_for_worker(row))
        except (KeyMissing, SealBroken, ValueError) as error:
            logger.error("filter rule %s: does not open (%s)", row.pk, type(error).__name__)
    wanted = {box: together(chosen(of_box, facts)) for box, of_box in rules.items()}
    return {box: deeds for box, deeds in wanted.items() if not deeds.is_nothing}, moved


def open_for_worker(row: FilterRule) -> Rule:
    """Open a rule with the ingest key. KeyMissing, SealBroken, ValueError."""
    info = infos.for_rule(row.mailbox_id, row.pk)
    opened = keyring.current().unseal_from(
        "ingest", row.ingest_key_id, bytes(row.sealed_for_ingest), info
    )
    return Rule.from_json(json.loads(opened))


def colleagues(forwards: Mapping[UUID, Collection[str]]) -> set[UUID]:
    """The mailboxes behind these addresses that each mailbox may forward to.

    Inside the portal only: open, with room, and of the same agency unless
    FORWARD_TO_OTHER_AGENCIES. A mailbox that was closed forwards no more. The letter
    stays where it came from, so nothing is lost.
    """
    if not forwards:
        return set()
    agencies = dict(
        Mailbox.objects.filter(pk__in=forwards, is_open=True).values_list(
            "pk", "account__agency_id"
        )
    )
    found = MailboxAddress.objects.filter(
        address__in={one for addresses in forwards.values() for one in addresses},
        mailbox__is_open=True,
        mailbox__used_bytes__lt=F("mailbox__quota_bytes"),
    ).values_list("address", "mailbox_id", "mailbox__account__agency_id")
    behind = {address: (box, agency) for address, box, agency in found}
    return {
        behind[one][0]
        for box, addresses in forwards.items()
        for one in addresses
        if box in agencies and one in behind and may_forward(agencies[box], behind[one][1])
    }


def may_forward(own_agency: int | None, other_agency: int | None) -> bool:
    """Whether policy lets mail of one agency go to an official of another by itself."""
    is_own = own_agency is not None and own_agency == other_agency
    return is_own or settings.FORWARD_TO_OTHER_AGENCIES


def places(courses: Mapping[UUID, Deeds]) -> dict[UUID, Folder]:
    """The folders that rules move to, of those mailboxes whose rule names one that is there."""
    wanted = {box: deeds.move_to for box, deeds in courses.items() if deeds.move_to}
    if not wanted:
        return {}
    named = Folder.objects.filter(mailbox__in=list(wanted)).only("pk", "mailbox_id", "kind")
    return {
        folder.mailbox_id: folder
        for folder in named
        if folder.slug == wanted[folder.mailbox_id]
        and (folder.kind == Folder.Kind.OWN or folder.kind in PLACES)
    }


def label(
    courses: Mapping[UUID, Deeds], threads: Mapping[UUID, UUID], *, latest_at: datetime
) -> None:
    """Put the labels that rules name on the conversations of their mailboxes."""
    wanted = [
        (box, thread, one)
        for box, thread in threads.items()
        for one in courses[box].labels
        if _is_id(one)
    ]
    if wanted:
        boxes, of_threads, labels = (list(column) for column in zip(*wanted, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(_LABEL, [latest_at, boxes, of_threads, labels])


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
