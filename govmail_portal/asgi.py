"""The web process: `uvicorn govmail_portal.asgi:application`."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govmail_portal.settings")

application = get_asgi_application()

from django.conf import settings  # noqa: E402  # only after Django is set up

if settings.SERVE_STATIC:
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    application = ASGIStaticFilesHandler(application)
