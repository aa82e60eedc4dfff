"""The directory's index: what of a person can be searched for, cut into pieces.

PostgreSQL's own trigram extension is not in every PostgreSQL (the embedded one
lacks it), so `accounts.people.directory` cuts the words itself.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from accounts.models.accounts import Account
from accounts.models.agencies import Agency


class DirectoryEntry(models.Model):
    """What of one account can be found: names, posts and address, folded.

    text: folded words with a space before and after. pieces: hashes of the
    three-letter pieces and of the beginnings of the words (`directory.pieces_of`).
    agency: the account's, kept here so that one index scan answers both.
    """

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="directory_entry"
    )
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    text = models.TextField()
    pieces = ArrayField(models.IntegerField())

    class Meta:
        indexes = [GinIndex(fields=["pieces"], name="directory_pieces")]

    def __str__(self) -> str:
        return str(self.pk)
