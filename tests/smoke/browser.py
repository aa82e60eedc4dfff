"""A plain HTTP client that behaves like a browser without scripts: cookies, forms, redirects."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

File = tuple[str, str, bytes]


@dataclass
class Form:
    """A form of a page with the values it would send as it stands."""

    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        elif not self.forms:
            return
        elif tag == "input" and values.get("name"):
            self._input(values)
        elif tag == "textarea" and values.get("name"):
            self._textarea = values["name"]
            self.forms[-1].fields.append((values["name"], ""))
        elif tag == "select":
            self._select = values.get("name")
        elif tag == "option" and self._select and "selected" in values:
            self.forms[-1].fields.append((self._select, values.get("value", "")))

    def _input(self, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in values:
            return
        if kind not in ("file", "submit", "button"):
            self.forms[-1].fields.append((values["name"], values.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._textarea:
            name, value = self.forms[-1].fields[-1]
            self.forms[-1].fields[-1] = (name, value + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None


@dataclass(frozen=True)
class Page:
    """An answer: its final address, status, headers (lower case) and body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def form(self, action_part: str) -> Form:
        """Return the form whose action contains a text; it must be there."""
        parser = _Forms()
        parser.feed(self.text)
        for form in parser.forms:
            if action_part in (form.action or self.url):
                return form
        known = [form.action for form in parser.forms]
        raise LookupError(f"{self.url} ({self.status}) has no form for {action_part}: {known}")


class Browser:
    """One person's browser."""

    def __init__(self, origin: str) -> None:
        self.origin = origin.rstrip("/")
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Page:
        url = urllib.parse.urljoin(self.origin, address)
        return self._open(urllib.request.Request(url, headers=dict(headers or {})))  # noqa: S310  # our own origin

    def post(
        self,
        address: str,
        fields: Sequence[tuple[str, str]],
        files: Sequence[tuple[str, File]] = (),
    ) -> Page:
        """Send a form as multipart/form-data, with this session's CSRF token."""
        boundary = uuid.uuid4().hex
        parts = [*fields, ("csrfmiddlewaretoken", self.csrf_token())]
        lead = f"--{boundary}\r\nContent-Disposition: form-data; name="
        chunks = [f'{lead}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in parts]
        for name, (file_name, kind, data) in files:
            head = f'{lead}"{name}"; filename="{file_name}"\r\nContent-Type: {kind}\r\n\r\n'
            chunks += [head.encode(), data, b"\r\n"]
        chunks.append(f"--{boundary}--\r\n".encode())
        url = urllib.parse.urljoin(self.origin, address)
        request = urllib.request.Request(url, data=b"".join(chunks), method="POST")  # noqa: S310  # our own origin
        request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
        request.add_header("Origin", self.origin)
        return self._open(request)

    def submit(
        self,
        page: Page,
        action_part: str,
        changes: Mapping[str, str],
        files: Sequence[tuple[str, File]] = (),
    ) -> Page:
        """Fill in a form of a page and send it."""
        form = page.form(action_part)
        fields = [
            (name, value)
            for name, value in form.fields
            if name not in changes and name != "csrfmiddlewaretoken"
        ]
        return self.post(
            urllib.parse.urljoin(page.url, form.action), [*fields, *changes.items()], files
        )

    def csrf_token(self) -> str:
        return next((c.value or "" for c in self.cookies if c.name.endswith("csrftoken")), "")

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error  # A 4xx is an answer too.
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Page(answer.url, answer.status or 0, headers, answer.read())
