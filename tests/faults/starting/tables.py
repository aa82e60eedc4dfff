"""An empty database with all tables, made once for each state of the migrations, and copied."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from govmail_portal import embedded
from tests.engines import VAR
from tests.processes import ROOT


def copy_into(folder: Path, migrate: Callable[[embedded.Postgres], None]) -> None:
    """Copy a server's data folder with all tables; `migrate` makes them where it is missing."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / ".faults.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = VAR / f"faults-{_state()}"
        if not ready.exists():
            for old in VAR.glob("faults-*"):
                shutil.rmtree(old)
            fresh = VAR / "faults-fresh"
            postgres = embedded.start_postgres(fresh, "plant")
            try:
                migrate(postgres)
            finally:
                postgres.stop()
            fresh.rename(ready)
        # Its owner stays whom it was: PostgreSQL is never root.
        subprocess.run(["cp", "-a", str(ready), str(folder)], check=True)


def _state() -> str:
    found = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    # Roles and letters of accounts are rows as well, written after the migrations.
    files = [*ROOT.glob("accounts/**/*.py"), *ROOT.glob("mailbox/migrations/*.py")]
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]
