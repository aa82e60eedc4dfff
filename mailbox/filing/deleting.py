"""Deleting messages for ever: rows, list rows, counters and what the mailbox uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from mailbox.filing.indexed import holes
from mailbox.filing.messages import charge, lock
from mailbox.filing.placements import announce, drop_empty, lift, place
from mailbox.models import Message


def delete_messages(messages: Collection[UUID], mailboxes: Collection[UUID]) -> int:
    """Delete these messages of these mailboxes for ever; return how many were there.

    Their contents go with the sweep, once nobody has them.
    """
    with transaction.atomic():
        lock(mailboxes)
        found = Message.objects.filter(pk__in=messages, mailbox__in=mailboxes)
        rows = list(found.values_list("pk", "mailbox_id", "thread_id", "size"))
        threads = {thread for _, _, thread, _ in rows}
        lift(threads, mailboxes)
        holes.forget([pk for pk, _, _, _ in rows], Counter(box for _, box, _, _ in rows))
        found.filter(pk__in=[pk for pk, _, _, _ in rows]).delete()
        place(threads, mailboxes)
        drop_empty(threads, mailboxes)
        freed: Counter[UUID] = Counter()
        for _, box, _, size in rows:
            freed[box] += size
        for box, size in freed.items():
            charge([box], -size)
        announce(list(freed))
    return len(rows)
