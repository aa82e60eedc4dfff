from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class MailboxConfig(AppConfig):
    name = "mailbox"
    verbose_name = _("Mail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say where the keyring is, to be read at first use, and hang the mail's parts on."""
        from mailbox import checks  # noqa: F401  # registers them
        from mailbox.filing.lists import addresses  # noqa: F401  # hangs itself on
        from mailbox.people import (  # noqa: F401  # they hang themselves on
            departures,
            evidence,
            opening,
            reminding,
        )
        from mailbox.readiness import writing  # noqa: F401  # hangs itself on
        from mailbox.sealing import key_files, keyring

        if settings.KEYRING_JSON:
            keyring.use_source(key_files.KeyText(settings.KEYRING_JSON))
        else:
            keyring.use_source(key_files.KeyFile(Path(settings.KEYRING_FILE)))
