"""The gallery: one page with every picture, beside the mock it was drawn after."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.screens.camera import Scene

MOCKS = Path(__file__).resolve().parents[3] / "shared" / "design" / "shots"


def write_gallery(folder: Path, scenes: Sequence[Scene]) -> None:
    """Write FOLDER/index.html for the pictures that are there."""
    parts = []
    for scene in scenes:
        pictures = sorted(one.name for one in folder.glob(f"{scene.name}-??-*.png"))
        if scene.mock and (mock := MOCKS / f"{scene.mock}.png").exists():
            shutil.copy(mock, folder / f"mock-{scene.mock}.png")
            pictures.insert(0, f"mock-{scene.mock}.png")
        shown = "".join(
            f'<figure><a href="{escape(name)}"><img src="{escape(name)}" width="420" '
            f'loading="lazy" alt=""></a><figcaption>{escape(name)}</figcaption></figure>'
            for name in pictures
        )
        parts.append(f"<h2>{escape(scene.title)}</h2><div>{shown}</div>")
    page = "<!doctype html><meta charset=utf-8><title>Screens</title>" + "".join(parts)
    (folder / "index.html").write_text(page, encoding="utf-8")
