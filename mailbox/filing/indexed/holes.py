"""What deleting messages leaves in the search index: nothing unfolded, and a hole each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection

from mailbox.models import SearchIndex, SearchSegment, UnfoldedSignature

# Blocks to one transaction where a whole index goes: some 8 MB.
BLOCKS = 1_000

_FORGET = """
DELETE FROM mailbox_unfoldedsignature
WHERE mailbox_id = ANY(%s::uuid[]) AND message_id = ANY(%s::uuid[]) RETURNING mailbox_id
"""
_ADD = """
UPDATE mailbox_searchindex SET holes = holes + gone.count
FROM unnest(%s::uuid[], %s::int[]) AS gone (mailbox_id, count)
WHERE mailbox_searchindex.mailbox_id = gone.mailbox_id
"""
_BLOCKS_OF = """
DELETE FROM mailbox_searchblock WHERE (mailbox_id, segment_id, number) IN (
  SELECT mailbox_id, segment_id, number FROM mailbox_searchblock
  WHERE mailbox_id = %s AND segment_id = %s LIMIT %s
)
"""


def forget(messages: Collection[UUID], of: Mapping[UUID, int]) -> None:
    """Take messages that are about to be deleted out of the index; two statements.

    of: how many of them each mailbox has. What a segment has of them stays there until it is
    written anew, and is counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [list(of), list(messages)])
        unfolded = Counter(box for (box,) in cursor.fetchall())
        left = {box: count for box, had in of.items() if (count := had - unfolded[box]) > 0}
        if left:
            cursor.execute(_ADD, [list(left), list(left.values())])


def drop(index: SearchIndex) -> None:
    """Delete an index that nobody reads any more, in many small transactions.

    May stop anywhere and be called again.
    """
    for segment in SearchSegment.objects.filter(mailbox=index.mailbox_id, index=index).only(
        "pk", "mailbox_id"
    ):
        drop_segment(segment)
    index.delete()


def drop_segment(segment: SearchSegment) -> None:
    """Delete a segment and its blocks, so many at a time."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_BLOCKS_OF, [segment.mailbox_id, segment.pk, BLOCKS])
            if cursor.rowcount < BLOCKS:
                break
    segment.delete()


def drop_all(mailbox_id: UUID) -> None:
    """Delete all that is indexed of a mailbox, and what waits for it."""
    for index in SearchIndex.objects.filter(mailbox=mailbox_id):
        drop(index)
    while batch := list(
        UnfoldedSignature.objects.filter(mailbox=mailbox_id).values_list("pk", flat=True)[:BLOCKS]
    ):
        UnfoldedSignature.objects.filter(mailbox=mailbox_id, pk__in=batch).delete()
