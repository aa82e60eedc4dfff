"""What an agency's identity system has told us by SCIM: its users and groups, in its words."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.imports import ScimToken, Source


class ScimResourceQuerySet(models.QuerySet["ScimResource"]):
    def kept(self) -> Self:
        """Those their client can still see."""
        return self.filter(deleted_at__isnull=True)

    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now)


class ScimResource(models.Model):
    """A user or a group of an identity system (RFC 7643), and whether our people know of it.

    document: what the client said, without id and meta. compared: the same with id and meta,
    every text in the form comparisons use; filters and sorting look there only. version: the
    ETag, counted from 1. due_at: when a plan of it is owed (claimed by moving it past the
    lease); empty: planned. deleted_at: gone for the client, kept until the plan knows.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="scim_resources")
    kind = models.CharField(max_length=16)
    # userName as it is compared: unique within the source; groups and the deleted have none.
    unique_name = models.CharField(max_length=400, blank=True)
    document = models.JSONField()
    compared = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey(ScimToken, models.SET_NULL, null=True, related_name="+")

    objects = ScimResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("SCIM resource")
        verbose_name_plural = _("SCIM resources")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "unique_name"],
                condition=~models.Q(unique_name=""),
                name="one_scim_user_of_a_name",
            )
        ]
        indexes = [
            models.Index(fields=["source", "kind", "created_at", "id"], name="scim_in_order"),
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="scim_due"
            ),
        ]

    def __str__(self) -> str:
        return self.unique_name or str(self.pk)
