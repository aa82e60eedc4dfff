"""Serve the browser libraries that npm brings, by an allow-list of files.

`package.json` names them in exact versions; nothing of them is copied into the
repository. Each page asks for `{% static "vendor/<name>" %}` with a name of
`FILES`; anything else below node_modules stays unreachable. `vendor/icons.svg`
is a sprite of the icons in `ICONS`, put together from lucide's single files:
`<svg class="icon"><use href="{% static 'vendor/icons.svg' %}#inbox"/></svg>`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

from govmail_portal.app import icons as app_icons

NODE_MODULES = Path(settings.BASE_DIR) / "node_modules"
STATIC = Path(settings.BASE_DIR) / "static"
SPRITE = "vendor/icons.svg"
# Stylesheets that every page of a kind takes, as one file each: fewer requests, and half the
# weight, as gzip finds more to share. Addresses in them are relative to static/<one folder>/.
BUNDLES = {
    "bundles/base.css": ("shared", "fonts tokens base buttons fields notices"),
    "bundles/shell.css": ("mailbox", "shell sorting/rail header searching/box help"),
    "bundles/reading.css": (
        "mailbox",
        "reading/list reading/reader outgoing/hop reading/files papers/look papers/invitation "
        "reading/trust reading/frame sorting/sorting",
    ),
}
# Pictures of the installed app, drawn here: name → (pixels, maskable).
APP_ICONS = {
    "vendor/app-192.png": (192, False),
    "vendor/app-512.png": (512, False),
    "vendor/app-maskable-512.png": (512, True),
}
FONT_SCRIPTS = ("thai", "latin", "latin-ext")
FONT_WEIGHTS = (400, 500, 600, 700)

FILES = {
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    # The modules, and the classic scripts that leave a global: Squire looks for `DOMPurify` there.
    "vendor/squire.js": "squire-rte/dist/squire.js",
    "vendor/squire.mjs": "squire-rte/dist/squire.mjs",
    "vendor/purify.js": "dompurify/dist/purify.min.js",
    "vendor/purify.mjs": "dompurify/dist/purify.es.mjs",
    **{
        f"vendor/sarabun/{script}-{weight}.woff2": (
            f"@fontsource/sarabun/files/sarabun-{script}-{weight}-normal.woff2"
        )
        for script in FONT_SCRIPTS
        for weight in FONT_WEIGHTS
    },
}

_ICON_NAMES = """
a-large-small archive arrow-left arrow-left-right arrow-right arrow-up-right at-sign badge-check
bell bell-off bold book-user building-2 calendar calendar-check calendar-clock calendar-x
chart-line check check-check chevron-down chevron-left chevron-right chevron-up circle-alert
circle-check circle-help circle-x clock contrast copy download ellipsis ellipsis-vertical
external-link eye eye-off file file-archive file-audio file-image file-spreadsheet file-text
file-video filter flag folder folder-input forward git-compare globe grip-vertical history
hourglass image image-off inbox indent-decrease indent-increase info italic key key-round keyboard
landmark languages link list list-ordered loader-circle lock log-out mail mail-check mail-open
mail-plus mails menu minus monitor moon network palette panel-bottom panel-left panel-right
paperclip pencil plus printer quote redo-2 refresh-cw remove-formatting reply reply-all rotate-ccw
rows-2 rows-3 rows-4 save scale search send send-horizontal settings shield shield-alert
shield-check shuffle sliders-horizontal smartphone square square-check square-pen stamp star
strikethrough sun tag text-quote trash trash-2 triangle-alert underline undo-2 unlink upload user
user-check user-cog user-plus user-round user-x users wifi-off x
"""
ICONS = tuple(_ICON_NAMES.split())


class BrowserLibraryFinder(BaseFinder):
    """Finds the files that `package.json` brings, and the sprite made of them."""

    storage = FileSystemStorage(location=NODE_MODULES)

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = self._on_disk(path)
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for name in (*FILES, SPRITE, *APP_ICONS, *BUNDLES):
            if (found := self._on_disk(name)) is not None and found.is_file():
                yield name, _OneFile(name, found)

    def _on_disk(self, name: str) -> Path | None:
        if name == SPRITE:
            return _sprite()
        if name in APP_ICONS:
            return _app_icon(name)
        if name in BUNDLES:
            return _bundle(name)
        source = FILES.get(name)
        return NODE_MODULES / source if source else None


class _OneFile(FileSystemStorage):
    """A storage that holds one file under the name the pages use."""

    def __init__(self, name: str, file: Path) -> None:
        super().__init__(location=file.parent)
        self._name, self._file = name, file

    def path(self, name: str) -> str:
        return str(self._file) if name == self._name else super().path(name)


def _sprite() -> Path | None:
    """Return the sprite's file, made anew whenever this list or the icons have changed."""
    icons = NODE_MODULES / "lucide-static" / "icons"
    if not icons.is_dir():
        return None
    target = NODE_MODULES / ".govmail" / "icons.svg"
    newest = max(Path(__file__).stat().st_mtime, icons.stat().st_mtime)
    if not target.exists() or target.stat().st_mtime < newest:
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_text(sprite_of(icons), encoding="utf-8")
        fresh.replace(target)
    return target


def _bundle(name: str) -> Path | None:
    """Return a bundle's file, put together anew whenever one of its parts has changed."""
    if not NODE_MODULES.is_dir():
        return None
    folder, parts = BUNDLES[name]
    sources = [STATIC / folder / f"{part}.css" for part in parts.split()]
    target = NODE_MODULES / ".govmail" / Path(name).name
    newest = max(one.stat().st_mtime for one in (Path(__file__), *sources))
    if not target.exists() or target.stat().st_mtime < newest:
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_text("\n".join(one.read_text(encoding="utf-8") for one in sources), "utf-8")
        fresh.replace(target)
    return target


def _app_icon(name: str) -> Path | None:
    """Return a picture's file, drawn anew whenever the drawing has changed."""
    if not NODE_MODULES.is_dir():
        return None
    target = NODE_MODULES / ".govmail" / Path(name).name
    if not target.exists() or target.stat().st_mtime < Path(app_icons.__file__).stat().st_mtime:
        target.parent.mkdir(exist_ok=True)
        size, maskable = APP_ICONS[name]
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(app_icons.png(size, maskable=maskable))
        fresh.replace(target)
    return target


def sprite_of(icons: Path) -> str:
    """Return an SVG with one symbol for each of `ICONS`, drawn with the colour of the text."""
    symbols = "".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{_drawing(icons / f"{name}.svg")}</symbol>'
        for name in ICONS
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


def _drawing(icon: Path) -> str:
    inside = re.search(r"<svg[^>]*>(.*)</svg>", icon.read_text(encoding="utf-8"), re.DOTALL)
    if inside is None:
        raise ValueError(f"{icon.name} is not an SVG.")
    return re.sub(r"\s*\n\s*", "", inside[1])
