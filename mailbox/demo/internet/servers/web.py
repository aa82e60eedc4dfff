"""HTTP and HTTPS: one request a connection."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path

from mailbox.demo.internet.servers.doors import Door, Page
from mailbox.demo.internet.servers.lines import Lines

Context = Callable[[], ssl.SSLContext]
_HOME = Page("<!doctype html><title>Agency</title><p>Welcome.</p>")


def serve(door: Door, lines: Lines, _context: Context) -> None:
    host, path = _asked(lines)
    match door.plain:
        case "serves":
            _answer(lines, _page(door, host, path), {})
        case "elsewhere":
            _send_on(lines, f"https://portal.elsewhere.test{path}")
        case _:
            _send_on(lines, f"https://{host}{path}")


def serve_within_tls(door: Door, lines: Lines, context: Context) -> None:
    lines.start_tls(context())
    host, path = _asked(lines)
    if door.plain == "downgrade" and path == "/":
        _send_on(lines, f"http://{host}/start")
    else:
        _answer(lines, _page(door, host, path), door.headers)


def _asked(lines: Lines) -> tuple[str, str]:
    """Return the host and the path of a request, whose method does not matter."""
    _method, path, _version = lines.next().split(" ", 2)
    host = ""
    while line := lines.next():
        name, _, value = line.partition(":")
        if name.lower() == "host":
            host = value.strip().partition(":")[0]
    return host, path


def _page(door: Door, host: str, path: str) -> Page:
    if page := _in_folder(door.folder, host, path):
        return page
    missing = _HOME if path == "/" else Page("Not found", 404)
    return door.pages.get(f"{host}{path}") or door.pages.get(path) or missing


def _in_folder(folder: str, host: str, path: str) -> Page | None:
    """What a user of the demo has put there."""
    names = [host, *path.strip("/").split("/")]
    if not folder or not all(re.fullmatch(r"[\w-][\w.-]*|\.well-known", name) for name in names):
        return None
    file = Path(folder, *names)
    if not file.is_file():
        return None
    kind = "text/plain; charset=utf-8" if file.suffix == ".txt" else "text/html; charset=utf-8"
    return Page(file.read_text(encoding="utf-8", errors="replace"), kind=kind)


def _send_on(lines: Lines, url: str) -> None:
    _answer(lines, Page(status=301, headers={"Location": url}), {})


def _answer(lines: Lines, page: Page, headers: Mapping[str, str]) -> None:
    body = page.body.encode()
    said = {
        "Content-Type": page.kind,
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
        **page.headers,
    }
    head = [f"HTTP/1.1 {page.status} Here", *(f"{name}: {value}" for name, value in said.items())]
    lines.send("\r\n".join([*head, "", ""]).encode() + body)
