"""Processes of our own beside the test: they see the test's database, with keys as told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a portal process on the test's database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    database = url._replace(path="/" + str(connection.settings_dict["NAME"])).geturl()
    return {**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(ROOT), **changes}


def start(*arguments: str, **changes: str) -> subprocess.Popen[str]:
    """Start `python …` in the project's root; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**changes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
