"""The people: officials, the positions of the state, and who holds which when."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.agencies import Agency, OrgUnit, in_reader_language
from accounts.models.grades import DirectorOrAbove, Grade


class Official(models.Model):
    """A person in the service of the state.

    The id is random: it says nothing of birth, entry or number. Namesakes are normal.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title_th = models.CharField(_("Thai title"), max_length=40, blank=True)
    given_name_th = models.CharField(_("Thai given name"), max_length=100)
    family_name_th = models.CharField(_("Thai family name"), max_length=100)
    title_en = models.CharField(_("English title"), max_length=40, blank=True)
    given_name_en = models.CharField(_("English given name"), max_length=100, blank=True)
    family_name_en = models.CharField(_("English family name"), max_length=100, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    # Keyed hash of the thirteen digits; the number itself is nowhere (`people.national_id`).
    national_id_digest = models.BinaryField(null=True, editable=False)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    hides_phone = models.BooleanField(_("hides the telephone number"), default=False)
    # An extension order or another age than sixty: HR's explicit day wins over the rule.
    retires_on = models.DateField(_("last day in service by order"), null=True, blank=True)

    class Meta:
        verbose_name = _("official")
        verbose_name_plural = _("officials")
        ordering = ("given_name_th", "family_name_th")
        indexes = [
            models.Index(fields=["national_id_digest"], name="official_national_id"),
            models.Index(fields=["given_name_th", "family_name_th", "id"], name="official_list"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Given and family name, in the reader's language, without title."""
        return in_reader_language(self.name_th, self.name_en)

    @property
    def held_position(self) -> Position | None:
        """The position held today, the substantive one first."""
        today = timezone.localdate()
        held = [each for each in self.assignments.all() if each.is_in_force(today)]
        held.sort(key=lambda each: (each.kind != Assignment.Kind.SUBSTANTIVE, each.pk))
        return held[0].position if held else None

    @property
    def name_th(self) -> str:
        return f"{self.given_name_th} {self.family_name_th}".strip()

    @property
    def name_en(self) -> str:
        return f"{self.given_name_en} {self.family_name_en}".strip()


class Position(models.Model):
    """A post of the state, which outlives whoever holds it."""

    DirectorOrAbove = DirectorOrAbove

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="positions", verbose_name=_("agency")
    )
    unit = models.ForeignKey(
        OrgUnit, models.SET_NULL, null=True, blank=True, verbose_name=_("unit")
    )
    position_number = models.CharField(_("position number"), max_length=40, blank=True)
    title_th = models.CharField(_("Thai title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200, blank=True)
    is_director_or_above = models.CharField(
        _("director or above"),
        max_length=8,
        choices=DirectorOrAbove,
        default=DirectorOrAbove.DECIDE,
    )
    grade = models.ForeignKey(
        Grade, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("grade")
    )
    is_head_of_unit = models.BooleanField(_("heads its unit"), default=False)
    phone = models.CharField(_("telephone of the office"), max_length=40, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ("title_th",)
        indexes = [
            models.Index(fields=["title_th", "id"], name="position_list"),
            models.Index(
                fields=["agency", "unit", "-is_head_of_unit", "title_th", "id"],
                name="position_in_office",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.title_th, self.title_en)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def on(self, day: date) -> Self:
        """Those in force on a day; both ends count."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        )

    def still_on(self, day: date) -> Self:
        """Those that have not ended before a day, begun or not."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))


class Assignment(models.Model):
    """Who holds a position, in which manner, from when to when."""

    class Kind(models.TextChoices):
        SUBSTANTIVE = "substantive", _("Substantive")
        ACTING = "acting", _("Acting")
        SECONDMENT = "secondment", _("Secondment")
        ADDITIONAL = "additional", _("Additional")

    official = models.ForeignKey(Official, models.CASCADE, related_name="assignments")
    position = models.ForeignKey(Position, models.PROTECT, related_name="assignments")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.SUBSTANTIVE)
    grade = models.ForeignKey(
        Grade, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("grade")
    )
    order_no = models.CharField(_("order number"), max_length=80, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")

    def __str__(self) -> str:
        return f"{self.official} · {self.position}"

    def is_in_force(self, day: date) -> bool:
        """Tell whether it holds on a day; both ends count."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or self.valid_to >= day
        )
