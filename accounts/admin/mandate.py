"""The mandate as HR looks at it: rules and holidays, duties with their history, exemptions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import filters
from accounts.admin.dates import shown_here
from accounts.admin.reach import InlineWithinReach, Looked, ReadOnlyInline, WithinReach
from accounts.admin.wording.codes import proof_of
from accounts.models import (
    Attestation,
    Exemption,
    Grade,
    GradeScheme,
    Mandate,
    MandateRule,
    Obligation,
    ObligationEvent,
    OfficialHoliday,
    Reminder,
    Snapshot,
)


def _day(written: str) -> str:
    """A day as the proofs of a duty are kept, as the page's language counts it."""
    return shown_here(date.fromisoformat(written[:10]))


class GradesOfScheme(InlineWithinReach):
    model = Grade
    fields = ("order", "code", "name_th", "name_en", "is_director_or_above")


@admin.register(GradeScheme)
class GradeSchemeAdmin(WithinReach):
    """Which grades count as director or above; every agency reads the same."""

    agency_paths = ()
    list_display = ("code", "name_th", "name_en", "valid_from", "valid_to")
    list_display_links = ("code", "name_th")
    search_fields = ("code", "name_th", "name_en")
    inlines = (GradesOfScheme,)


@admin.register(Grade)
class GradeAdmin(WithinReach):
    agency_paths = ()
    list_display = ("name_th", "name_en", "scheme", "code", "is_director_or_above")
    list_display_links = ("name_th", "name_en")
    list_filter = ("is_director_or_above", "scheme")
    list_select_related = ("scheme",)
    search_fields = ("name_th", "name_en", "code")


class RulesOfMandate(InlineWithinReach):
    model = MandateRule
    fields = ("order", "name_th", "name_en", "covers", "months", "moves_over_holidays")


@admin.register(Mandate)
class MandateAdmin(WithinReach):
    """The resolution and its base date, which is data: the founding letter is ambiguous."""

    agency_paths = ()
    list_display = ("title_th", "source_letter", "base_kind", "base_date", "is_in_force")
    fields = (
        *("title_th", "title_en", "source_letter"),
        *("base_kind", "base_date", "is_in_force"),
    )
    inlines = (RulesOfMandate,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Another base day changes every duty under it: `manage.py mandate` does that, not a form.
        moved = ("base_kind", "base_date") if obj is not None else ()
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, *(self._in_manner(name, request) for name in moved)]


@admin.register(OfficialHoliday)
class OfficialHolidayAdmin(WithinReach):
    """Days the cabinet added, moved or took back; above what the calendar package knows."""

    agency_paths = ()
    list_display = ("day", "name_th", "is_holiday")
    list_filter = ("is_holiday",)
    search_fields = ("name_th",)
    ordering = ("-day",)


class HistoryOfDuty(ReadOnlyInline):
    model = ObligationEvent
    show_change_link = False
    verbose_name_plural = _("history")
    fields = ("at", "cause", "words", "due_before", "due_after", "state_after", "by")


class RemindersOfDuty(ReadOnlyInline):
    model = Reminder
    show_change_link = False
    verbose_name_plural = _("reminders given")
    fields = ("step", "to", "sent_at")


@admin.register(Obligation)
class ObligationAdmin(Looked):
    """Who must have an account by when; computed, so that nobody edits it."""

    list_display = (
        *("official", "rule", "agency", "due_on", "state"),
        *("met_on", "is_waiting_gate"),
    )
    list_filter = (
        *(filters.Due, "state", "is_waiting_gate", "rule"),
        *(filters.SecondFactor, filters.StuckAt, filters.InAgency),
    )
    list_select_related = ("official", "rule", "agency")
    ordering = ("due_on", "pk")
    search_fields = (
        *("official__given_name_th", "official__family_name_th", "official__given_name_en"),
        *("official__family_name_en", "official__account__address"),
    )
    fields = (
        *("official", "rule", "agency", "unit", "assignment", "began_on", "due_on", "state"),
        *("shown", "met_on", "is_waiting_gate"),
    )
    inlines = (HistoryOfDuty, RemindersOfDuty)

    @admin.display(description=_("what is shown already"))
    def shown(self, obligation: Obligation) -> str:
        shown = sorted(obligation.evidence.items(), key=lambda each: str(each[1]))
        return " · ".join(f"{proof_of(name)} {_day(day)}" for name, day in shown)


@admin.register(Exemption)
class ExemptionAdmin(Looked):
    """Asked for and agreed to on pages of their own, by two officers."""

    agency_paths = ("official__account__agency", "unit__agency")
    list_display = (
        *("letter_no", "rule", "official", "unit", "reason", "starts_on", "expires_on"),
        *("asked_by", "approved_by", "withdrawn_at"),
    )
    list_filter = ("reason", ("approved_at", admin.EmptyFieldListFilter))
    list_select_related = ("rule", "official", "unit", "asked_by", "approved_by")
    search_fields = ("letter_no", "official__given_name_th", "official__family_name_th")
    ordering = ("-expires_on",)
    fields = (*list_display, "approved_at")


@admin.register(Attestation)
class AttestationAdmin(Looked):
    list_display = ("agency", "unit", "by", "letter_no", "attested_at", "withdrawn_at")
    list_filter = (filters.InAgency,)
    list_select_related = ("agency", "unit", "by")
    search_fields = ("letter_no", "unit__name_th", "agency__name_th")
    fields = list_display


@admin.register(Snapshot)
class SnapshotAdmin(Looked):
    """How a rule stood at the end of each day; kept for ever."""

    list_display = (
        *("day", "agency", "rule", "eligible", "met", "late_met", "late_person"),
        *("late_agency", "waiting_gate", "exempt", "pending"),
    )
    list_filter = ("rule", filters.InAgency)
    list_select_related = ("agency", "rule")
    # They are written day by day.
    ordering = ("-pk",)
    fields = list_display
