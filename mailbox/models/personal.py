"""What a mailbox knows besides mail: people, signatures, templates, searches, choices.

Everything readable is sealed: to the mailbox's own key (`opening.seal_own`) unless
said otherwise. Digests are keyed (`sealing.lookup`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailbox.ids import new_id
from mailbox.models.mailboxes import Mailbox
from mailbox.models.messages import Message

if TYPE_CHECKING:
    from accounts.models import Account


class Correspondent(models.Model):
    """An address this mailbox has had mail from or written to, as a keyed digest."""

    pk = models.CompositePrimaryKey("mailbox_id", "digest")
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, db_index=False)
    digest = models.BinaryField()
    first_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class SenderChoice(models.Model):
    """What a reader decided about a sender: show images of a domain, show an address on white.

    digest: of the DKIM-aligned domain (images) or of the address (paper); sealed_name: it.
    """

    class Kind(models.TextChoices):
        IMAGES = "images", _("show images from outside")
        PAPER = "paper", _("show on white")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="sender_choices")
    kind = models.CharField(max_length=8, choices=Kind)
    digest = models.BinaryField()
    sealed_name = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "kind", "digest"], name="one_sender_choice")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Contact(models.Model):
    """A person of one's own address book. sealed_card: JSON of the card."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="contacts")
    sealed_card = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.pk)


class ContactGroup(models.Model):
    """A group of contacts, to write to all of them at once. sealed_name: JSON."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="contact_groups")
    sealed_name = models.BinaryField()
    members = models.ManyToManyField(Contact, related_name="groups")

    def __str__(self) -> str:
        return str(self.pk)


class Signature(models.Model):
    """A signature. sealed_body: JSON of its name, text and markup."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="signatures")
    sealed_body = models.BinaryField()
    is_for_new = models.BooleanField(default=False)
    is_for_answers = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.pk)


class LetterTemplateQuerySet(models.QuerySet["LetterTemplate"]):
    def readable_by(self, account: Account) -> Self:
        """Own ones, and those the account's agency shares."""
        own = models.Q(mailbox__account=account, mailbox__is_open=True)
        return self.filter(own | models.Q(agency_id=account.agency_id))


class LetterTemplate(models.Model):
    """A ready-made letter: one's own (mailbox), or shared by an office (agency).

    sealed_body: JSON of name, subject, text and markup; own ones under the mailbox's own
    key, shared ones under the storage key (`sealing.secrets`), because a whole office
    reads them and the mail's workers must not.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, null=True, related_name="templates")
    agency = models.ForeignKey("accounts.Agency", models.CASCADE, null=True, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    sealed_body = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    SEAL_PURPOSE = "template"

    objects = LetterTemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mailbox__isnull=True) ^ models.Q(agency__isnull=True),
                name="a_template_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def seal_owner(self) -> str:
        """What a shared template's seal is bound to: its agency and its row."""
        return f"{self.agency_id}/{self.pk}"


class RecentSearch(models.Model):
    """A search somebody made lately; digest keeps each only once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="recent_searches")
    digest = models.BinaryField()
    sealed_query = models.BinaryField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "digest"], name="one_recent_search")
        ]
        indexes = [models.Index(fields=["mailbox", "-used_at"], name="recent_search_page")]

    def __str__(self) -> str:
        return str(self.pk)


class InvitationAnswer(models.Model):
    """What a reader answered to an invitation (RFC 5546, REPLY)."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        TENTATIVE = "tentative", _("Perhaps")
        DECLINED = "declined", _("Declined")

    message = models.OneToOneField(
        Message, models.CASCADE, related_name="invitation_answer", db_constraint=False
    )
    answer = models.CharField(max_length=10, choices=Answer)
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
