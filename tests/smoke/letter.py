"""The letter that the smoke run sends: the real one where it is at hand, else the demo's."""

from __future__ import annotations

import zlib
from pathlib import Path

from tests.smoke.browser import File

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT.parent / "shared" / "seed" / "founding-letter.txt"

SUBJECT = "การพัฒนาระบบจดหมายอิเล็กทรอนิกส์กลางเพื่อการสื่อสารในภาครัฐ quokkalanternfish"
# Words that stand nowhere but in the letters of this run: they must never lie readable at rest.
CANARIES = {
    "subject": "quokkalanternfish",
    "body, Latin": "zephyrmarmaladeotter",
    "body, Thai": "กระเจียวบานริมธารหินผา",
    "file name": "wombatparasolquiver",
    "file": "narwhalthimbleorchid",
    "reply": "ibexcatapultmeringue",
    "reply from outside": "axolotlbagpipesaffron",
    "draft": "pangolinxylophonefig",
    "after the stop": "capybaraharpsichordelm",
}


def text() -> str:
    """Return the letter's text with this run's words in it."""
    if SEED.exists():
        letter = SEED.read_text(encoding="utf-8")
    else:
        from mailbox.demo.circular import TEXT as letter  # noqa: N811  # one name for both
    return f"{letter.strip()}\n\n{CANARIES['body, Latin']} {CANARIES['body, Thai']}\n"


def enclosures() -> list[File]:
    """Return three PDF files of different sizes, one of them over several chunks."""
    return [
        (f"สิ่งที่ส่งมาด้วย-{number}-{CANARIES['file name']}.pdf", "application/pdf", _pdf(number, size))
        for number, size in ((1, 2_000), (2, 40_000), (3, 400_000))
    ]


def _pdf(number: int, size: int) -> bytes:
    words = f"BT /F1 12 Tf 72 720 Td (Enclosure {number} {CANARIES['file']}) Tj ET".encode()
    # Bytes that do not compress, so that the sizes are what they say.
    noise, seed = bytearray(), number
    while len(noise) < size:
        seed = zlib.crc32(seed.to_bytes(8, "big")) + number
        noise += seed.to_bytes(8, "big")
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    body += b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    body += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj\n"
    body += b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (len(words), words)
    return body + b"% " + bytes(noise) + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
