"""Roles, for superusers: which groups there are. Their rights are written in code."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangosGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.admin.audited import Audited

# Importing anything of Django's own pages registers its page for groups.
if isinstance(admin.site._registry.get(Group), DjangosGroupAdmin):
    admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(Audited):
    search_fields = ("name",)
    fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False
