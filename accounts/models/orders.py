"""Personnel orders: what happens to an official in the service, on which day, by which order."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Account
from accounts.models.agencies import Agency
from accounts.models.officials import Official, Position


class PersonnelOrderQuerySet(models.QuerySet["PersonnelOrder"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now)


class PersonnelOrder(models.Model):
    """One event in an official's service: a joiner, a mover or a leaver.

    effective_on: the first day it holds, in Bangkok. due_at: when a worker carries it out
    (claimed by moving it past the lease); empty: done, withdrawn, or waiting for a second
    officer. details: what the kind needs besides, by name.
    """

    class Kind(models.TextChoices):
        APPOINTED = "appointed", _("Appointed")  # บรรจุ
        RECEIVED = "received", _("Received by transfer")  # รับโอน
        PROMOTED = "promoted", _("Promoted")  # เลื่อน
        MOVED = "moved", _("Moved within the agency")  # ย้าย
        TRANSFERRED = "transferred", _("Transferred to another agency")  # โอน
        SECONDED = "seconded", _("Seconded")  # ช่วยราชการ
        ACTING = "acting", _("Acting")  # รักษาราชการแทน / รักษาการ
        SUSPENDED = "suspended", _("Suspended from service")  # พักราชการ
        REINSTATED = "reinstated", _("Reinstated")
        DISMISSED = "dismissed", _("Dismissed")  # ปลดออก / ไล่ออก
        RESIGNED = "resigned", _("Resigned")  # ลาออก
        RETIRED = "retired", _("Retired")  # เกษียณ
        DIED = "died", _("Died")  # ถึงแก่กรรม

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Waits for its day")
        AWAITING_SECOND = "awaiting_second", _("Waits for a second officer")
        DONE = "done", _("Carried out")
        FAILED = "failed", _("Needs help")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    official = models.ForeignKey(Official, models.PROTECT, related_name="orders")
    kind = models.CharField(_("event"), max_length=16, choices=Kind)
    order_no = models.CharField(_("order number"), max_length=120, blank=True)
    effective_on = models.DateField(_("effective on"))
    until = models.DateField(_("until"), null=True, blank=True)
    position = models.ForeignKey(Position, models.PROTECT, null=True, blank=True, related_name="+")
    # Where the official serves now, and where to; the same but for a transfer.
    from_agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    to_agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    details = models.JSONField(default=dict, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.SCHEDULED)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    # The second side: the receiving agency's officer, or whoever agrees to a deed for two.
    agreed_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = PersonnelOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("personnel order")
        verbose_name_plural = _("personnel orders")
        ordering = ("-effective_on", "-pk")
        indexes = [
            models.Index(fields=["-effective_on", "-id"], name="order_list"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="personnel_order_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.official}"
