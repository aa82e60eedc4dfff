"""The Celery application: it wakes workers; the rows say what is owed (promise P3)."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govmail_portal.settings")

app = Celery("govmail_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Celery would connect to PostgreSQL anew for every task, which costs more than filing a message.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize


@task_prerun.connect
def drop_dead_connections(**signal: Any) -> None:
    """As Django does before a request: a connection that has died is not used again."""
    from django.db import close_old_connections

    close_old_connections()
