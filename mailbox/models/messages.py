"""Stored mail: sealed content, each mailbox's copy of it, and the conversations.

Content is kept once, however many mailboxes have it; what each mailbox owns is
a `Message` row with the content key sealed to it and a sealed list row.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailbox.ids import new_id
from mailbox.models.mailboxes import Folder, Mailbox, reached

if TYPE_CHECKING:
    from accounts.models import Account


class Content(models.Model):
    """A message's sealed bytes, shared by every mailbox that has the message.

    Small content (at most 64 KiB sealed) is in `row`; larger in the file `file`
    of storages["content"]. plain_size and sealed_size are bytes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    format = models.PositiveSmallIntegerField(default=1)
    plain_size = models.BigIntegerField()
    sealed_size = models.BigIntegerField()
    row = models.BinaryField(null=True)
    file = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        # As in every model with a file: the sweep asks whose a file is.
        indexes = [
            models.Index(fields=["file"], condition=models.Q(file__gt=""), name="content_file")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ThreadQuerySet(models.QuerySet["Thread"]):
    def readable_by(self, account: Account) -> Self:
        return self.filter(mailbox__in=reached(account))


class Thread(models.Model):
    """A conversation in one mailbox, across its folders.

    subject_digest: keyed BLAKE2b of the normalised subject; the last resort for
    joining an answer that names no message (RFC 5256, base subject).
    latest_at, is_starred, is_listed: derived by `mailbox.filing.place` from those of its
    messages that lie outside the bin and spam; is_listed: there is one.
    is_muted: what is added to it goes past the inbox, into the archive.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="threads", db_index=False)
    subject_digest = models.BinaryField(null=True)
    latest_at = models.DateTimeField()
    is_starred = models.BooleanField(default=False)
    is_listed = models.BooleanField(default=True)
    is_muted = models.BooleanField(default=False)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["mailbox", "subject_digest", "-latest_at"], name="thread_by_subject"
            ),
            models.Index(
                fields=["mailbox", "-latest_at", "-id"],
                condition=models.Q(is_starred=True),
                name="thread_starred_page",
            ),
            models.Index(
                fields=["mailbox", "-latest_at", "-id"],
                condition=models.Q(is_listed=True),
                name="thread_listed_page",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MessageReference(models.Model):
    """A Message-ID that a conversation contains or answers, as a keyed digest."""

    pk = models.CompositePrimaryKey("mailbox_id", "digest")
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, db_index=False, db_constraint=False)
    digest = models.BinaryField()
    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="references", db_constraint=False
    )

    def __str__(self) -> str:
        return str(self.pk)


class MessageQuerySet(models.QuerySet["Message"]):
    def readable_by(self, account: Account) -> Self:
        return self.filter(mailbox__in=reached(account))


class Message(models.Model):
    """One mailbox's copy of a message.

    sealed_key: the content key, sealed by HPKE to this mailbox.
    sealed_summary: subject, sender, snippet, attachment mark (JSON), under a key
    derived from the content key.
    received_at: when the portal took it in, UTC; lists sort by it.
    duplicate_digest: keyed digest of Message-ID and content; a second arrival of
    the same message is not filed again. Empty for own sent copies.
    origin: who vouches for the sender. listed_at: where lists sort it instead of
    received_at, once it has come back from a snooze. is_first_contact: filed when this
    mailbox had neither mail from its sender nor written to them. receipt: what became
    of a read receipt the sender asked for (RFC 8098).
    """

    class Origin(models.TextChoices):
        LMTP = "lmtp", _("from a mail server")
        PORTAL = "portal", _("sent by an account of this portal")

    class Receipt(models.TextChoices):
        NONE = "", _("not answered")
        SENT = "sent", _("sent")
        DECLINED = "declined", _("declined")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    content = models.ForeignKey(Content, models.PROTECT, related_name="messages")
    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    folder = models.ForeignKey(Folder, models.PROTECT, related_name="messages")
    sealed_key = models.BinaryField()
    sealed_summary = models.BinaryField()
    received_at = models.DateTimeField()
    size = models.BigIntegerField()
    is_read = models.BooleanField(default=False)
    is_starred = models.BooleanField(default=False)
    is_own = models.BooleanField(default=False)
    urgency = models.PositiveSmallIntegerField(default=0)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.LMTP)
    listed_at = models.DateTimeField(null=True)
    is_first_contact = models.BooleanField(default=False)
    receipt = models.CharField(max_length=10, choices=Receipt, blank=True, default=Receipt.NONE)
    duplicate_digest = models.BinaryField(null=True)
    trashed_at = models.DateTimeField(null=True)
    trashed_from = models.ForeignKey(Folder, models.SET_NULL, null=True, related_name="+")

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["thread", "received_at", "id"], name="message_in_thread"),
            models.Index(fields=["mailbox", "-received_at", "-id"], name="message_by_date"),
            models.Index(
                fields=["trashed_at"],
                condition=models.Q(trashed_at__isnull=False),
                name="message_trashed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "duplicate_digest"], name="a_message_is_filed_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def was_sent_here(self) -> bool:
        """Whether an account of the portal sent it: then we know who pressed the key."""
        return self.is_own or self.origin == self.Origin.PORTAL


class PlacementQuerySet(models.QuerySet["Placement"]):
    def page(self, folder: Folder, *, before: tuple[object, uuid.UUID] | None = None) -> Self:
        """Conversations of a folder, newest first, after a cursor (latest_at, id).

        A keyset: the cost does not grow with the folder.
        """
        rows = self.filter(folder=folder, mailbox=folder.mailbox_id)
        if before is not None:
            latest_at, last_id = before
            rows = rows.filter(
                models.Q(latest_at__lt=latest_at) | models.Q(latest_at=latest_at, id__lt=last_id),
                latest_at__lte=latest_at,
            )
        return rows.order_by("-latest_at", "-id")


class Placement(models.Model):
    """A conversation as it stands in one folder: the row of a list.

    latest is the newest message of the conversation in this folder; the counts
    are of messages in this folder, and so is the highest urgency. Rebuilt by
    `mailbox.filing.place`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Of the conversation's mailbox: every statement names it, so that one partition is read.
    mailbox = models.ForeignKey(
        Mailbox, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="placements", db_index=False, db_constraint=False
    )
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="placements", db_index=False)
    latest = models.ForeignKey(Message, models.CASCADE, related_name="+", db_constraint=False)
    latest_at = models.DateTimeField()
    message_count = models.IntegerField(default=1)
    unread_count = models.IntegerField(default=0)
    is_starred = models.BooleanField(default=False)
    urgency = models.PositiveSmallIntegerField(default=0)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "folder", "mailbox"], name="one_row_for_a_conversation"
            )
        ]
        indexes = [
            models.Index(fields=["folder", "-latest_at", "-id"], name="placement_page"),
            models.Index(
                fields=["folder", "-latest_at", "-id"],
                condition=models.Q(unread_count__gt=0),
                name="placement_unread_page",
            ),
            models.Index(
                fields=["folder", "-latest_at", "-id"],
                condition=models.Q(is_starred=True),
                name="placement_starred_page",
            ),
            models.Index(
                fields=["folder", "-latest_at", "-id"],
                condition=models.Q(urgency__gt=0),
                name="placement_urgent_page",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
