"""How the apps about people begin: what hangs itself on, and what is written after a migration."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    # There are two in this module, and Django would choose neither.
    default = True
    verbose_name = _("People and agencies")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import checks  # noqa: F401  # registers them
        from accounts.mandate import letter
        from accounts.mandate.evidence import own  # noqa: F401  # they hang themselves on
        from accounts.people.roles import write_roles
        from accounts.provisioning import own_steps  # noqa: F401  # they hang themselves on
        from accounts.readiness import profiles

        post_migrate.connect(write_roles, dispatch_uid="accounts.write_roles")
        post_migrate.connect(letter.load, sender=self, dispatch_uid="accounts.letter")
        post_migrate.connect(profiles.load, sender=self, dispatch_uid="accounts.readiness_profiles")


class PortalAdminConfig(SimpleAdminConfig):
    """Django's admin with our own site: behind the second factor, with our own pages only.

    Libraries bring admin pages, too (e-mail addresses to manage, for one); those
    stay out, because only the portal's own apps are asked.
    """

    default_site = "accounts.admin.site.PortalAdminSite"

    def ready(self) -> None:
        super().ready()
        for app in apps.get_app_configs():
            if Path(app.path).parent == Path(settings.BASE_DIR):
                import_module(f"{app.name}.admin")
