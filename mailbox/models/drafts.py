"""Drafts: what is being written, sealed to its mailbox, with a version against overwriting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from mailbox.ids import new_id
from mailbox.models.mailboxes import Mailbox, reached
from mailbox.models.messages import Message

if TYPE_CHECKING:
    from accounts.models import Account


class DraftQuerySet(models.QuerySet["Draft"]):
    def writable_by(self, account: Account) -> Self:
        return self.filter(mailbox__in=reached(account, writes=True))

    def unsent(self) -> Self:
        return self.filter(submission__isnull=True)


class Draft(models.Model):
    """A letter that is not sent yet.

    sealed_key: a draft key sealed by HPKE to the mailbox; sealed_body: JSON under it,
    bound to id and version, so that an older body cannot be put back.
    submission: set while the undo window of a sent draft is open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="drafts")
    version = models.PositiveIntegerField(default=1)
    sealed_key = models.BinaryField()
    sealed_body = models.BinaryField()
    answers = models.ForeignKey(
        Message, models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    submission = models.OneToOneField(
        "mailbox.Submission", models.SET_NULL, null=True, related_name="draft"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["mailbox", "-updated_at", "-id"], name="draft_page")]

    def __str__(self) -> str:
        return str(self.pk)


class DraftAttachment(models.Model):
    """A file of a draft. sealed_meta (name, type, its own content key) is under the draft key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="attachments")
    sealed_meta = models.BinaryField()
    size = models.BigIntegerField()
    row = models.BinaryField(null=True)
    file = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = [
            models.Index(fields=["file"], condition=models.Q(file__gt=""), name="attachment_file")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Upload(models.Model):
    """A file on its way into a draft, in pieces: what has come stays when the line drops.

    sealed_meta (name, type, key of the pieces) is under the draft key. size: bytes
    announced; received: bytes kept so far, always a prefix.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="uploads")
    sealed_meta = models.BinaryField()
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class UploadPiece(models.Model):
    """Some bytes of an upload, from `start` on, sealed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="pieces")
    start = models.BigIntegerField()
    size = models.BigIntegerField()
    row = models.BinaryField(null=True)
    file = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("start",)
        constraints = [
            models.UniqueConstraint(fields=["upload", "start"], name="one_piece_at_a_place")
        ]
        indexes = [
            models.Index(fields=["file"], condition=models.Q(file__gt=""), name="piece_file")
        ]

    def __str__(self) -> str:
        return str(self.pk)
