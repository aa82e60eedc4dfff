"""Officials, positions, and who holds which."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.admin.reach import AnyTabularInline, WithinReach
from accounts.models import Account, Assignment, Official, Position
from accounts.people import directory


def list_again(accounts: QuerySet[Account]) -> None:
    """Write the directory's lines of these accounts anew after a change in the administration."""
    directory.list_again(directory.listed(accounts))


class AssignmentsOfOfficial(AnyTabularInline):
    model = Assignment
    extra = 0
    autocomplete_fields = ("position",)


@admin.register(Official)
class OfficialAdmin(WithinReach):
    agency_paths = ("account__agency", "assignments__position__agency")
    or_nobodys = True
    list_display = ("name_th", "name_en", "account")
    list_display_links = ("name_th", "name_en")
    list_select_related = ("account",)
    search_fields = (
        "given_name_th",
        "family_name_th",
        "given_name_en",
        "family_name_en",
        "account__address",
    )
    inlines = (AssignmentsOfOfficial,)
    list_per_page = 50

    def save_related(
        self, request: HttpRequest, form: ModelForm[Official], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        list_again(Account.objects.filter(official=form.instance))


@admin.register(Position)
class PositionAdmin(WithinReach):
    list_display = ("title_th", "title_en", "position_number", "agency", "is_director_or_above")
    list_display_links = ("title_th", "title_en")
    list_filter = ("is_director_or_above",)
    list_select_related = ("agency",)
    search_fields = (
        "title_th",
        "title_en",
        "position_number",
        "agency__name_th",
        "agency__name_en",
    )
    autocomplete_fields = ("agency", "unit")
    list_per_page = 50

    def save_model(
        self, request: HttpRequest, obj: Position, form: ModelForm[Position], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        list_again(Account.objects.filter(position=obj))
        list_again(Account.objects.filter(official__assignments__position=obj).distinct())


@admin.register(Assignment)
class AssignmentAdmin(WithinReach):
    agency_paths = ("position__agency",)
    list_display = ("official", "position", "kind", "order_no", "valid_from", "valid_to")
    list_filter = ("kind",)
    list_select_related = ("official", "position")
    search_fields = (
        "official__given_name_th",
        "official__family_name_th",
        "official__family_name_en",
        "position__title_th",
        "position__title_en",
        "order_no",
    )
    autocomplete_fields = ("official", "position")

    def save_model(
        self, request: HttpRequest, obj: Assignment, form: ModelForm[Assignment], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        list_again(Account.objects.filter(official=obj.official))
