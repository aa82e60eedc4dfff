"""The search index of a mailbox: sealed columns, folded into sealed, bit-sliced segments.

What all of it is for stands in docs/adr/0020. Nothing here opens without the mailbox's key; in
clear are sizes, dates and how many messages a segment has.
"""

from __future__ import annotations

from typing import Self

from django.db import models

from mailbox.ids import new_id
from mailbox.models.mailboxes import Mailbox
from mailbox.models.messages import Content, Message


class SearchText(models.Model):
    """A content's words (`mailbox.searching.searchable`), shared by every mailbox that has it.

    Sealed under the content key, purpose "searchable", bound to the content's id. At most
    64 KiB in `row`, more in the file `file` of storages["content"].
    """

    content = models.OneToOneField(
        Content, models.CASCADE, primary_key=True, related_name="search_text"
    )
    row = models.BinaryField(null=True)
    file = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["file"], condition=models.Q(file__gt=""), name="search_text_file")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class UnfoldedSignature(models.Model):
    """The columns of a message that no segment has yet: the open segment, row by row.

    scheme: `terms.SCHEME` they were made by. is_partial: they leave out some of its words.
    sealed: `signatures.pack` of its columns under the content key, purpose "signature", bound to
    the message's id. Deleted by the transaction that folds it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="unfolded", db_index=False, db_constraint=False
    )
    message = models.ForeignKey(Message, models.CASCADE, related_name="+", db_constraint=False)
    scheme = models.PositiveSmallIntegerField()
    is_partial = models.BooleanField(default=False)
    sealed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["mailbox", "id"], name="unfolded_of_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)


class SearchIndexQuerySet(models.QuerySet["SearchIndex"]):
    def in_use(self) -> Self:
        return self.filter(state=SearchIndex.State.IN_USE)

    def building(self) -> Self:
        return self.filter(state=SearchIndex.State.BUILDING)


class SearchIndex(models.Model):
    """One generation of a mailbox's index. A new one is built beside the one in use.

    scheme: `terms.SCHEME` it was made by. sealed_key: 32 random bytes, the index key, by
    `opening.seal_own` (purpose "search-index"). built_at, built_id: while it is built, newest
    message first, everything newer than this place is in it. messages, columns: how many its
    segments have; holes: messages of these that are gone since; partial: messages whose words
    were not all read. total: how many messages there were when building began.
    damaged_at: a search found it broken; a keyholder builds a new one.
    """

    class State(models.TextChoices):
        BUILDING = "building"
        IN_USE = "in-use"
        # Replaced: nobody reads it, and it is deleted bit by bit.
        OUTDATED = "outdated"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="search_indexes", db_index=False
    )
    state = models.CharField(max_length=10, choices=State)
    scheme = models.PositiveSmallIntegerField()
    sealed_key = models.BinaryField()
    built_at = models.DateTimeField(null=True)
    built_id = models.UUIDField(null=True)
    messages = models.IntegerField(default=0)
    columns = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    holes = models.IntegerField(default=0)
    partial = models.IntegerField(default=0)
    damaged_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SearchIndexQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "state"], name="one_index_of_a_state")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SearchSegment(models.Model):
    """So many columns of an index, in the order of their messages' dates, sliced by bits.

    newest_at, oldest_at: received_at of its messages. has_runs: some message has several
    columns, side by side. Written once, never changed: it is merged into another, or deleted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    index = models.ForeignKey(
        SearchIndex, models.CASCADE, related_name="segments", db_index=False, db_constraint=False
    )
    columns = models.IntegerField()
    has_runs = models.BooleanField(default=False)
    newest_at = models.DateTimeField()
    oldest_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["mailbox", "index"], name="segments_of_index")]

    def __str__(self) -> str:
        return str(self.pk)


class SearchBlock(models.Model):
    """A block of a segment: slices (number 0 and up), or its directory (number -1 and down).

    Sealed by AES-256-GCM under a key derived from the index key and the segment's id, the
    number in the nonce: each is written once. The form is `mailbox.searching.slices`'s.
    """

    pk = models.CompositePrimaryKey("mailbox_id", "segment_id", "number")
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    # Its key names the segment after the mailbox; an index of its own would be as large as that.
    segment = models.ForeignKey(
        SearchSegment, models.CASCADE, related_name="blocks", db_index=False, db_constraint=False
    )
    number = models.IntegerField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.number}"
