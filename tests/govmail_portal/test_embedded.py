from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from govmail_portal import embedded


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others may pass through, unlike tmp_path: root's PostgreSQL is another."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def postgres(place: Path) -> Iterator[embedded.Postgres]:
    server = embedded.start_postgres(place / "postgres")
    yield server
    server.stop()


def test_data_stay_when_the_server_is_stopped(postgres: embedded.Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept (it int)")
    postgres.stop()
    assert not postgres.is_running()

    again = embedded.start_postgres(postgres.folder)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_starting_twice_gives_the_same_server(postgres: embedded.Postgres) -> None:
    pid = postgres.pid
    assert embedded.start_postgres(postgres.folder).pid == pid


def test_a_killed_server_starts_again_with_what_was_committed(postgres: embedded.Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept (it int)")
    pid = postgres.pid
    os.kill(pid, signal.SIGKILL)

    again = embedded.start_postgres(postgres.folder)

    assert again.pid != pid
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_commit_is_on_disk_and_the_log_shows_no_rows(postgres: embedded.Postgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for name, value in [("fsync", "on"), ("synchronous_commit", "on")]:
            assert connection.execute(f"SHOW {name}").fetchone() == (value,)
        connection.execute("CREATE TABLE people (address text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES ('canary@water.test')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('canary@water.test')")
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("SELEKT 'canary@water.test'")

    log = (postgres.folder / "log").read_text()
    assert "duplicate key" in log
    assert "canary" not in log


def test_a_folder_with_a_long_path_works_too(place: Path) -> None:
    folder = place / ("long" * 20) / ("longer" * 15)
    server = embedded.start_postgres(folder / "postgres")
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_nobody_else_may_open_the_socket(postgres: embedded.Postgres) -> None:
    assert (postgres.folder / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


def test_redis_keeps_nothing_and_has_the_same_address_again(tmp_path: Path) -> None:
    first = embedded.start_redis(tmp_path)
    redis.Redis.from_url(first.url).set("nudge", "1")
    first.stop()

    second = embedded.start_redis(tmp_path)
    try:
        assert second.url == first.url
        assert redis.Redis.from_url(second.url).get("nudge") is None
    finally:
        second.stop()
    assert [file.name for file in tmp_path.iterdir()] == []


def test_redis_of_the_wheel_works_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    server = embedded.start_redis()
    try:
        assert redis.Redis.from_url(server.url).ping()
    finally:
        server.stop()
    assert not server.folder.exists()
