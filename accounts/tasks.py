"""The workers' doors to people: find, call; the rows are the truth and Celery is a nudge."""

from __future__ import annotations
