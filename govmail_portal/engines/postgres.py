"""The database, from its address. One engine only: no second SQL dialect to forgive mistakes."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def database(url: str, pool: int) -> dict[str, object]:
    """Read postgresql://user:password@host:port/name?host=/socket/folder.

    pool: connections that a process shares among its requests. Under ASGI each
    request has a thread of its own, so there a kept connection would be lost with it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql://: the portal runs on PostgreSQL only."
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options: dict[str, object] = {
        key: unquote(value) for key, value in query.items() if key != "host"
    }
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", "")) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0 if pool else 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        # 250 means kept: a commit returns only when it is on disk (promise P1).
        "ATOMIC_REQUESTS": False,
    }
