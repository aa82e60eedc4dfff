"""Everything the portal has written, searched for words that only mail contained (P4)."""

from __future__ import annotations

from collections.abc import Iterable

from govmail_portal import embedded
from govmail_portal.running import Portal
from tests.smoke import canary


def search(portal: Portal, words: Iterable[str]) -> dict[str, int]:
    """Search dump, files, Redis and logs; AssertionError names where a word was found.

    Returns how many bytes of each were searched. `outside/` holds what left the
    portal in clear, as the agency's gateway got it, and is left out.
    """
    words = list(words)
    dump = canary.dump_database(
        embedded.postgres_program("pg_dump"), portal.environment["DATABASE_URL"]
    )
    redis = canary.dump_redis(portal.environment["REDIS_URL"])
    for place, data in (("the database dump", dump), ("Redis", redis)):
        if found := canary.search_bytes(data, words):
            raise AssertionError(f"{place} betrays {sorted(found)}.")
    outside = portal.var / "outside"
    # A search that cannot find proves nothing: these words do stand in what left the portal.
    if not canary.search_tree(outside, words):
        raise AssertionError("The search finds no word where they do stand, in var/outside.")
    if betrayed := canary.search_tree(portal.var, words, leave_out=[outside]):
        raise AssertionError(f"Files betray words: {betrayed}.")
    files = [path for path in portal.var.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if path.exists())
    return {"dump": len(dump), "redis": len(redis), "files": len(files), "file bytes": size}
