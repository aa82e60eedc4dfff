"""The web process: `uvicorn govmail_portal.asgi:application`."""

from __future__ import annotations

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "govmail_portal.settings")

_django = get_asgi_application()

from django.conf import settings  # noqa: E402  # only after Django is set up
from django.urls import get_resolver  # noqa: E402  # likewise

from govmail_portal.body_limit import BodyLimit  # noqa: E402  # likewise

if settings.SERVE_STATIC:
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    _django = ASGIStaticFilesHandler(_django)

application = BodyLimit(_django, settings.FILE_UPLOAD_MAX_MEMORY_SIZE)

# What is loaded by now stays loaded: left to the collector, it costs some pages a tenth of
# their time to be looked at again.
get_resolver().url_patterns  # noqa: B018  # brings in the views
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)
