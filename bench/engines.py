"""Start the engines for a measurement, in a folder of its own, and set Django up."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from govmail_portal import embedded

ROOT = Path(__file__).resolve().parent.parent
# Two at once need two folders: each begins by emptying its database.
VAR = Path(os.environ.get("BENCH_VAR_DIR") or ROOT / "var" / "bench")


def set_up() -> None:
    """PostgreSQL, Redis, keys, an empty migrated database; then Django."""
    work = Path(tempfile.mkdtemp(prefix="govmail-bench-"))
    os.environ |= {
        "SECRET_KEY": "only-for-measurements-0123456789-0123456789-0123456789",
        "HTTPS": "no",
        "ALLOWED_HOSTS": "testserver,127.0.0.1",
        "VAR_DIR": str(work),
        "KEYRING_FILE": str(work / "keys" / "web.json"),
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "govmail_portal.settings",
        "PYTHONPATH": str(ROOT),
    }
    postgres = embedded.start_postgres(VAR / "postgres", "bench")
    redis = embedded.start_redis()
    atexit.register(postgres.stop)
    atexit.register(redis.stop)
    os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
    _empty(postgres.url)
    manage("keyring", "new", "--into", str(work / "keys"))
    manage("migrate", "--verbosity", "0")
    import govmail_portal.asgi  # noqa: F401  # Django set up as the web process has it


def _empty(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")


def manage(*arguments: str) -> None:
    """Run one management command in a process of its own."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )


def spawn(*command: str, role: str) -> subprocess.Popen[bytes]:
    """Start a process of the portal with the keyring of its role: web, worker or lmtp."""
    keys = Path(os.environ["VAR_DIR"]) / "keys" / f"{role}.json"
    # Celery warns that it runs as root; on a machine for measuring that is as it must be.
    more = {"KEYRING_FILE": str(keys), "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | more)
    atexit.register(process.kill)
    return process


def spawn_workers(queues: str, count: int = 2, name: str = "bench") -> subprocess.Popen[bytes]:
    """Start Celery with so many worker processes on these queues, as production runs it."""
    more = ("worker", "-Q", queues, "-c", str(count), "-l", "ERROR", "-n", f"{name}@%h")
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "govmail_portal")
    return spawn(*celery, *more, role="worker")
