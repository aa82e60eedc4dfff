"""The Celery application: it wakes workers; the rows say what is owed (promise P3)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govmail_portal.settings")

app = Celery("govmail_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
