"""A pytest plug-in that starts the engines before Django reads its settings.

`DATABASE_URL` and `REDIS_URL` of the caller win, so that CI or a developer may
bring engines of their own. Tests side by side (`pytest -n 2`) have a database each
(pytest-django names it) and, unless the caller brought one, a Redis each.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from govmail_portal import embedded
from govmail_portal.message_catalogues import compile_catalogues

ROOT = Path(__file__).resolve().parent.parent
# Which settings are ours and not the caller's: processes of `pytest -n` inherit them all.
_OURS = "GOVMAIL_TESTS_CHOSE"
VAR = Path(os.environ.get("TEST_VAR_DIR") or ROOT / "var" / "tests")


def _start() -> None:
    for name in os.environ.pop(_OURS, "").split():
        del os.environ[name]
    os.environ.setdefault("SECRET_KEY", "only-for-tests-and-never-anywhere-else-0123456789")
    os.environ.setdefault("HTTPS", "no")
    # Fewer than in production: tests that commit empty every table after themselves.
    os.environ.setdefault("MAIL_PARTITIONS", "2")
    os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
    # Nobody outside this machine is asked anything.
    os.environ.setdefault("READINESS_REFERENCES", ",")
    work = tempfile.mkdtemp(prefix="govmail-tests-")
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    os.environ["VAR_DIR"] = work
    ours = {"KEYRING_FILE", "REDIS_URL"} - os.environ.keys()
    os.environ[_OURS] = " ".join(sorted(ours))
    os.environ.setdefault("KEYRING_FILE", str(Path(work) / "keys" / "web.json"))
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = _postgres()
    if "REDIS_URL" not in os.environ:
        redis = embedded.start_redis()
        atexit.register(redis.stop)
        os.environ["REDIS_URL"] = redis.url
    compile_catalogues()


def _postgres() -> str:
    """Start PostgreSQL, or join other runs that use it; the last one to end stops it."""
    VAR.mkdir(parents=True, exist_ok=True)
    in_use = (VAR / "in-use").open("w")
    fcntl.flock(in_use, fcntl.LOCK_SH)
    postgres = embedded.start_postgres(VAR / "postgres")

    def leave() -> None:
        try:
            fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        postgres.stop()

    atexit.register(leave)
    return postgres.url


_start()
