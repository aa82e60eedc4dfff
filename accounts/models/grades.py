"""Grades of the civil service, by scheme: C1-C11 until 2008, types and levels since.

The founding letter speaks in the C-system; the Civil Service Act B.E. 2551 replaced it within
the letter's own year. So a grade belongs to a scheme, and a scheme has dates.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.agencies import in_reader_language


class DirectorOrAbove(models.TextChoices):
    """Whether clause 1.1's three months apply to a post or a grade."""

    YES = "yes", _("Division director or above")
    NO = "no", _("Below division director")
    DECIDE = "decide", _("An officer must decide")


class GradeScheme(models.Model):
    """A way of grading officials, with the days it was in force; both ends count."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name_th = models.CharField(_("Thai name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("grade scheme")
        verbose_name_plural = _("grade schemes")
        ordering = ("code",)

    def __str__(self) -> str:
        return in_reader_language(self.name_th, self.name_en)


class Grade(models.Model):
    """One grade of a scheme, such as "อำนวยการ ระดับสูง"."""

    scheme = models.ForeignKey(GradeScheme, models.CASCADE, related_name="grades")
    code = models.CharField(_("code"), max_length=40)
    name_th = models.CharField(_("Thai name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    is_director_or_above = models.CharField(
        _("director or above"),
        max_length=8,
        choices=DirectorOrAbove,
        default=DirectorOrAbove.DECIDE,
    )
    # What an officer who must decide is advised; empty: nothing is presumed.
    suggested = models.CharField(
        _("advice where an officer decides"),
        max_length=8,
        choices=[("yes", DirectorOrAbove.YES.label), ("no", DirectorOrAbove.NO.label)],
        blank=True,
    )
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering = ("scheme", "order", "code")
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="one_grade_of_a_code")
        ]

    def __str__(self) -> str:
        return in_reader_language(self.name_th, self.name_en)
