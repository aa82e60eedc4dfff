"""The two engines of a portal of our own: PostgreSQL keeps the rows, Redis the nudges."""

from __future__ import annotations

from pathlib import Path

from govmail_portal import embedded


class Engines:
    """PostgreSQL with its data in `var`/postgres, Redis with its socket in `var`/run.

    Both are started again under the same address.
    """

    def __init__(self, var: Path) -> None:
        self._var = var
        self._postgres: embedded.Postgres | None = None
        self._redis: embedded.Redis | None = None

    def start(self) -> dict[str, str]:
        """Start both; return DATABASE_URL and REDIS_URL. Raises EngineFailed."""
        self._postgres = embedded.start_postgres(self._var / "postgres")
        self._redis = embedded.start_redis(self._var / "run")
        return {"DATABASE_URL": self._postgres.url, "REDIS_URL": self._redis.url}

    def start_again(self, name: str) -> None:
        """Start one that `dead` named, and no other: that one's end is still to be told."""
        if name == "PostgreSQL":
            self._postgres = embedded.start_postgres(self._var / "postgres")
        elif self._redis is not None:
            self._redis = embedded.start_redis(self._redis.folder)

    def dead(self) -> list[str]:
        """Return the names of the engines that were started and have ended."""
        engines = {"PostgreSQL": self._postgres, "Redis": self._redis}
        return [name for name, engine in engines.items() if engine and not engine.is_running()]

    def pids(self) -> list[int]:
        """Return the process numbers that a later start must end: PostgreSQL it takes over."""
        return [self._redis.pid] if self._redis is not None else []

    def stop(self) -> None:
        """End both; PostgreSQL keeps its data."""
        if self._redis is not None:
            self._redis.stop()
        if self._postgres is not None:
            self._postgres.stop()
        self._redis = self._postgres = None
