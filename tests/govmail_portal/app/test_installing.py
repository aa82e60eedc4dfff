"""The installed app: what it is made of is for everybody, and holds nothing of anybody."""

from __future__ import annotations

import json
import re
import struct

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from govmail_portal.app import icons as app_icons
from govmail_portal.app import installing
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


def test_the_description_names_pictures_that_are_there() -> None:
    answer = Client().get("/manifest.webmanifest")
    about = json.loads(answer.content)

    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert (about["start_url"], about["scope"], about["display"]) == ("/", "/", "standalone")
    for icon in about["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon
    assert {icon["purpose"] for icon in about["icons"]} == {"any", "maskable"}


def test_the_worker_keeps_static_files_and_one_page_and_adds_nothing_later() -> None:
    answer = Client().get("/sw.js")
    text = answer.content.decode()
    kept = json.loads(re.findall(r"const KEPT = (.*);", text)[0])

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert kept
    assert all(finders.find(path.removeprefix("/static/")) for path in kept)
    assert text.count("addAll(") == 1
    assert ".put(" not in text
    assert ".add(" not in text


def test_the_page_without_a_network_is_the_same_for_everybody(cast: Cast) -> None:
    strangers = Client().get("/offline/").content
    aminas = signed_in(cast.amina).get("/offline/").content

    assert strangers == aminas
    assert cast.amina.address.encode() not in aminas


def test_a_changed_worker_has_a_cache_of_its_own() -> None:
    assert installing._name_of(["a"], "x") != installing._name_of(["b"], "x")


@pytest.mark.parametrize("maskable", [True, False])
def test_a_picture_is_a_png_of_its_size(maskable: bool) -> None:
    picture = app_icons.png(24, maskable=maskable)

    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (24, 24)
    corner_is_opaque = app_icons._pixel(0.1, 0.1, 32 / 24, maskable)[3] == 255
    assert corner_is_opaque == maskable
