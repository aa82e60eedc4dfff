"""Agencies with their domains, and their units."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin import filters
from accounts.admin.reach import InlineWithinReach, WithinReach
from accounts.models import Agency, AgencyCode, AgencyDomain, OrgUnit


class DomainsOfAgency(InlineWithinReach):
    model = AgencyDomain
    fields = ("domain", "is_primary")


class CodesOfAgency(InlineWithinReach):
    model = AgencyCode
    fields = ("letter_code", "valid_from", "valid_to")


@admin.register(Agency)
class AgencyAdmin(WithinReach):
    agency_paths = ("pk",)
    list_display = ("letter_code", "name_th", "name_en", "kind", "parent", "state")
    list_display_links = ("name_th", "name_en")
    list_filter = ("kind", "state")
    list_select_related = ("parent",)
    search_fields = (
        *("name_th", "name_en", "letter_code", "codes__letter_code", "domains__domain"),
    )
    autocomplete_fields = ("parent",)
    inlines = (DomainsOfAgency, CodesOfAgency)
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
                "fields": (
                    *("forced_signature", "shows_opened", "incident_address", "hides_phones"),
                ),
            },
        ),
    )

    # The gate alone changes it, and writes down why (`accounts.readiness.gate`).
    readonly_fields = ("state",)


@admin.register(AgencyDomain)
class AgencyDomainAdmin(WithinReach):
    list_display = ("domain", "agency", "is_primary")
    list_filter = ("is_primary",)
    list_select_related = ("agency",)
    search_fields = ("domain", "agency__name_th", "agency__name_en")
    autocomplete_fields = ("agency",)


@admin.register(OrgUnit)
class OrgUnitAdmin(WithinReach):
    list_display: tuple[Any, ...] = ("name_th", "name_en", "code", "agency", "parent")
    list_display_links = ("name_th", "name_en")
    list_filter = (filters.InAgency,)
    list_select_related = ("agency", "parent")
    search_fields = ("name_th", "name_en", "code", "agency__name_th", "agency__name_en")
    autocomplete_fields = ("agency", "parent")
    fields = (
        *("agency", "parent", "code", "name_th", "name_en", "phone"),
        *("valid_from", "valid_to"),
    )
