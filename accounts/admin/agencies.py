"""Agencies with their domains, and their units."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.reach import AnyTabularInline, WithinReach
from accounts.models import Agency, AgencyDomain, OrgUnit


class DomainsOfAgency(AnyTabularInline):
    model = AgencyDomain
    extra = 0


@admin.register(Agency)
class AgencyAdmin(WithinReach):
    agency_paths = ("pk",)
    list_display = ("letter_code", "name_th", "name_en", "kind", "parent", "state")
    list_display_links = ("name_th", "name_en")
    list_filter = ("kind", "state")
    list_select_related = ("parent",)
    search_fields = ("name_th", "name_en", "letter_code", "domains__domain")
    autocomplete_fields = ("parent",)
    inlines = (DomainsOfAgency,)
    list_per_page = 50
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("name_th", "name_en", "letter_code", "kind", "parent", "state"),
                    *("valid_from", "valid_to"),
                )
            },
        ),
        (
            _("Mail policies"),
            {
                "description": _("They hold for every official of this agency, from now on."),
                "fields": ("forced_signature", "shows_opened", "incident_address"),
            },
        ),
    )


@admin.register(AgencyDomain)
class AgencyDomainAdmin(WithinReach):
    list_display = ("domain", "agency", "is_primary")
    list_filter = ("is_primary",)
    list_select_related = ("agency",)
    search_fields = ("domain", "agency__name_th", "agency__name_en")
    autocomplete_fields = ("agency",)


@admin.register(OrgUnit)
class OrgUnitAdmin(WithinReach):
    list_display: tuple[Any, ...] = ("name_th", "name_en", "agency", "parent")
    list_select_related = ("agency", "parent")
    search_fields = ("name_th", "name_en", "agency__name_th", "agency__name_en")
    autocomplete_fields = ("agency", "parent")
