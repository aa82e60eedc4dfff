"""Keys on their way out: a mailbox's pair that is being changed, and keys that are retired."""

from __future__ import annotations

from django.db import models

from mailbox.models.mailboxes import Mailbox


class KeyChange(models.Model):
    """A mailbox's pair is being changed; the row goes when the old private key has gone.

    walk: 1 seals everything anew, 2 looks whether all of it opens. place: how far it has come,
    [which kind, cursor]. done, total: rows of this walk; broken: opened by no key; late: found
    under the old key by the second walk, which should be none.
    """

    mailbox = models.OneToOneField(
        Mailbox, models.CASCADE, primary_key=True, related_name="key_change"
    )
    started_at = models.DateTimeField()
    walk = models.PositiveSmallIntegerField(default=1)
    place = models.JSONField(default=list)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    broken = models.IntegerField(default=0)
    late = models.IntegerField(default=0)
    # The last row was brought over: pages that are being made may have the old rows still.
    walked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


# How the tables refuse what is sealed under a retired key (migration 0011).
_REFUSED = "GM001"


def is_of_retired_key(failure: Exception) -> bool:
    """Whether a table refused a row for the key it was sealed under."""
    return getattr(failure.__cause__, "sqlstate", None) == _REFUSED


class RetiredKey(models.Model):
    """A key nobody seals with any more: the tables refuse what comes under it (migration 0011).

    So a process that has not seen the new key file yet is told so, before its row would lie
    there for ever and open to nobody.
    """

    id = models.CharField(primary_key=True, max_length=32)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id
