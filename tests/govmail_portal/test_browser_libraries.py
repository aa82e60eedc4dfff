from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage

from govmail_portal import browser_libraries
from govmail_portal.browser_libraries import APP_ICONS, BUNDLES, FILES, ICONS, NODE_MODULES, SPRITE

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize("name", [*FILES, SPRITE, *APP_ICONS, *BUNDLES])
def test_every_library_is_found(name: str) -> None:
    found = finders.find(name)
    assert isinstance(found, str)
    assert Path(found).stat().st_size > 500


@pytest.mark.parametrize("name", ["vendor/package.json", "vendor/../package.json", "vendor/"])
def test_nothing_else_of_node_modules_is_served(name: str) -> None:
    assert finders.find(name) is None


def test_every_listed_file_can_be_collected(tmp_path: Path) -> None:
    target = StaticFilesStorage(location=tmp_path, base_url="/static/")
    listed = list(browser_libraries.BrowserLibraryFinder().list(None))
    for name, storage in listed:
        with storage.open(name) as file:
            target.save(name, file)

    assert {name for name, _ in listed} == {*FILES, SPRITE, *APP_ICONS, *BUNDLES}
    assert (tmp_path / "vendor" / "htmx.js").read_bytes().startswith(b"var htmx")


def test_the_sprite_holds_every_icon_that_the_pages_use() -> None:
    found = finders.find(SPRITE)
    assert isinstance(found, str)
    symbols = {symbol.get("id") for symbol in ElementTree.parse(found).getroot()}  # noqa: S314  # ours
    reference = re.compile(r"(?:\{\{ ?icons ?\}\}|icons\.svg['\"] ?%\})#([\w-]+)")
    pages = (ROOT / "templates").rglob("*.html")
    used = {name for page in pages for name in reference.findall(page.read_text())}

    assert symbols == set(ICONS)
    assert used - symbols == set()


def test_versions_are_exact_and_the_lock_holds_no_address() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    lock = json.loads((ROOT / "package-lock.json").read_text())

    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
        installed = json.loads((NODE_MODULES / name / "package.json").read_text())
        assert installed["version"] == version
    assert not any("resolved" in package for package in lock["packages"].values())
