"""A pytest plug-in that starts the engines before Django reads its settings.

`DATABASE_URL` and `REDIS_URL` of the caller win, so that CI or a developer may
bring engines of their own.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path

from govmail_portal import embedded

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("TEST_VAR_DIR") or ROOT / "var" / "tests")


def _start() -> None:
    os.environ.setdefault("SECRET_KEY", "only-for-tests-and-never-anywhere-else-0123456789")
    os.environ.setdefault("HTTPS", "no")
    os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
    work = tempfile.mkdtemp(prefix="govmail-tests-")
    os.environ["VAR_DIR"] = work
    os.environ.setdefault("KEYRING_FILE", str(Path(work) / "keys" / "web.json"))
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = embedded.start_postgres(VAR / "postgres").url
    if "REDIS_URL" not in os.environ:
        redis = embedded.start_redis()
        atexit.register(redis.stop)
        os.environ["REDIS_URL"] = redis.url


_start()
