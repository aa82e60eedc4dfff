"""Search whatever lies at rest for words that only mail contained (promise P4).

A word is looked for in every dress it could have been written down in: UTF-8,
UTF-16, the old Thai charsets, base64 at its three alignments, quoted-printable,
percent, JSON and HTML escapes, and inside zlib and zstd streams of dump files.
"""

from __future__ import annotations

import base64
import html
import quopri
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

CHUNK = 16 * 1024**2


def dresses(word: str) -> set[bytes]:
    """Return the byte strings that would betray `word`."""
    plain = word.encode()
    found = {plain, word.encode("utf-16-le"), word.encode("utf-16-be")}
    for charset in ("tis-620", "cp874"):
        try:
            found.add(word.encode(charset))
        except UnicodeEncodeError:
            continue
    for text in list(found):
        found |= set(_in_base64(text))
        found.add(text.hex().encode())
    found.add(quopri.encodestring(plain).replace(b"=\n", b""))
    found.add(quote(word).encode())
    found.add(word.encode("unicode_escape"))
    found.add("".join(f"&#{ord(letter)};" for letter in word).encode())
    found.add(html.escape(word).encode())
    return {dress for dress in found if len(dress) >= 8}


def _in_base64(text: bytes) -> Iterator[bytes]:
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + text + b"\0" * 3).decode()
        # The first and last characters mix with their neighbours; what is left is the word's own.
        start = -(-lead * 8 // 6)
        stop = (lead + len(text)) * 8 // 6
        yield coded[start:stop].encode()


def search_bytes(data: bytes, words: Iterable[str]) -> set[str]:
    """Return the words that `data` betrays."""
    return {word for word in words if any(dress in data for dress in dresses(word))}


def search_file(path: Path, words: Iterable[str]) -> set[str]:
    """Return the words a file betrays; a file that vanished betrays nothing."""
    wanted = {word: dresses(word) for word in words}
    longest = max(len(dress) for dress_set in wanted.values() for dress in dress_set)
    found: set[str] = set()
    tail = b""
    try:
        with path.open("rb") as stream:
            while block := stream.read(CHUNK):
                data = tail + block
                found |= {
                    w for w, ds in wanted.items() if w not in found and any(d in data for d in ds)
                }
                tail = data[-longest:]
    except FileNotFoundError:
        return found
    return found | _inside_zlib(path, set(wanted) - found)


def _inside_zlib(path: Path, words: set[str]) -> set[str]:
    if not words or path.stat().st_size > CHUNK:
        return set()
    try:
        return search_bytes(zlib.decompress(path.read_bytes()), words)
    except zlib.error:
        return set()


def search_tree(
    folder: Path, words: Iterable[str], *, leave_out: Iterable[Path] = ()
) -> dict[str, set[str]]:
    """Return {path: words} for every file below `folder` that betrays one."""
    words = list(words)
    left_out = [path.resolve() for path in leave_out]
    found = {}
    for path in folder.rglob("*"):
        if not path.is_file() or any(path.resolve().is_relative_to(out) for out in left_out):
            continue
        if betrayed := search_file(path, words):
            found[str(path)] = betrayed
    return found


def dump_database(pg_dump: Path, url: str) -> bytes:
    """Return the whole database as text, large binary columns as hexadecimal."""
    command = [str(pg_dump), "--no-owner", "--dbname", url]
    return subprocess.run(command, check=True, capture_output=True).stdout


def dump_redis(url: str) -> bytes:
    """Return every key and value of every type that Redis holds."""
    import redis

    client = redis.Redis.from_url(url)
    parts: list[bytes] = []
    for key in client.scan_iter(count=1000):
        dumped = client.dump(key)
        parts += [key, dumped if isinstance(dumped, bytes) else b""]
        if client.type(key) == b"list":
            parts += client.lrange(key, 0, -1)
        elif client.type(key) == b"hash":
            parts += [part for pair in client.hgetall(key).items() for part in pair]
        elif client.type(key) == b"string":
            parts.append(client.get(key) or b"")
    return b"\n".join(parts)
