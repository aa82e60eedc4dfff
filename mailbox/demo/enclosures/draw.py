"""Draw the three enclosures of the demo circular; the PDFs beside this file are what it drew.

Run by hand, with the development packages and Chromium there:
`python -m mailbox.demo.enclosures.draw`. Thai needs a shaping engine to put its tone
marks where they belong, so a browser prints the pages; the font is the portal's own.
The sheets stand for letters named in the circular นร ๐๕๐๖/ว ๕: they carry those
letters' numbers, dates and part in the matter, and say that they are not the originals.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
FONTS = HERE.parents[2] / "node_modules" / "@fontsource" / "sarabun" / "files"


@dataclass(frozen=True)
class Sheet:
    """One enclosure: where it is kept, and what stands on it."""

    file: str
    order: str
    number: str
    day: str
    office: str
    urgency: str
    part: tuple[str, ...]


SHEETS = (
    Sheet(
        "1.pdf",
        "๑",
        "ที่ นร ๑๒๐๐/๑๔๙",
        "๖ ธันวาคม ๒๕๕๐",
        "สำนักงานคณะกรรมการพัฒนาระบบราชการ (สำนักงาน ก.พ.ร.)",
        "",
        (
            "หนังสือฉบับนี้เป็นต้นเรื่อง สำนักงาน ก.พ.ร. เสนอให้ภาครัฐมีระบบจดหมาย"
            "อิเล็กทรอนิกส์กลางไว้ใช้ติดต่อกัน ตามที่คณะกรรมการพัฒนาระบบราชการมีมติในการประชุม"
            "ครั้งที่ ๑๒/๒๕๕๐ เมื่อวันที่ ๒๖ พฤศจิกายน ๒๕๕๐",
            "คณะรัฐมนตรีรับทราบและอนุมัติในหลักการเมื่อวันที่ ๑๔ ธันวาคม ๒๕๕๐ โดยถือเป็นนโยบาย"
            "ด้านความมั่นคงปลอดภัยของข่าวสารภาครัฐ และให้สำนักงาน ก.พ.ร. เป็นหน่วยงานกลาง",
        ),
    ),
    Sheet(
        "2.pdf",
        "๒",
        "ที่ ทก ๐๒๐๓/๗๖๗๒",
        "๑๔ ธันวาคม ๒๕๕๐",
        "กระทรวงเทคโนโลยีสารสนเทศและการสื่อสาร",
        "ด่วนที่สุด",
        (
            "หนังสือฉบับนี้เป็นความเห็นของกระทรวงเทคโนโลยีสารสนเทศและการสื่อสาร เสนอประกอบการ"
            "พิจารณาของคณะรัฐมนตรีในเรื่องระบบจดหมายอิเล็กทรอนิกส์กลาง",
            "คณะรัฐมนตรีมีมติให้สำนักงาน ก.พ.ร. รับความเห็นนี้ไปพิจารณาร่วมกับความเห็นของสำนักงาน"
            "ปลัดสำนักนายกรัฐมนตรีและความเห็นของคณะรัฐมนตรี",
        ),
    ),
    Sheet(
        "3.pdf",
        "๓",
        "ที่ นร ๐๑๐๖/๒๓๔๔",
        "๑๗ ธันวาคม ๒๕๕๐",
        "สำนักนายกรัฐมนตรี",
        "ด่วนที่สุด",
        (
            "หนังสือฉบับนี้เป็นความเห็นของสำนักงานปลัดสำนักนายกรัฐมนตรี ซึ่งเป็นหนึ่งในหน่วยงาน"
            "ที่ร่วมพัฒนาระบบกับสำนักงาน ก.พ.ร. สำนักข่าวกรองแห่งชาติ และสำนักบริการเทคโนโลยี"
            "สารสนเทศภาครัฐ",
            "ข้อที่คณะรัฐมนตรีฝากให้พิจารณามีสองข้อ คือทางเลือกที่มีความสามารถเท่ากันแทนการซื้อฮาร์ดแวร์"
            "ราคาสูง เช่น โปรแกรมเข้ารหัสลับ และการทำระบบจดหมายกับเว็บไซต์ของหน่วยงานให้มั่นคง ปลอดภัย"
            "และน่าเชื่อถือก่อนเปิดบริการกลาง",
        ),
    ),
)

STYLE = """
@page { size: A4; margin: 2.5cm 2cm 2cm 3cm; }
body { font: 16px/1.75 Sarabun; color: #111; margin: 0; }
.copy { float: right; border: 1.5px solid #111; padding: 0 14px; font-weight: 600; }
.urgency { color: #b1121f; font-size: 24px; font-weight: 600; }
h1 { font-size: 19px; text-align: center; margin: 56px 0 4px; }
h2 { font-size: 16px; text-align: center; font-weight: 400; margin: 0 0 32px; }
table { width: 100%; border-collapse: collapse; margin-bottom: 28px; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px; border-bottom: 1px solid #bbb; }
th { width: 28%; font-weight: 600; }
p { text-indent: 2.5em; margin: 0 0 12px; }
.note { text-indent: 0; margin-top: 56px; padding-top: 10px; border-top: 1px solid #bbb;
  font-size: 13px; color: #444; }
"""


def page_of(sheet: Sheet) -> str:
    """The sheet as an HTML document that needs nothing from outside."""
    fonts = "".join(
        f"@font-face{{font-family:Sarabun;font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{_font(script, weight)});unicode-range:{span}}}"
        for script, span in (("thai", "U+0E00-0E7F"), ("latin", "U+0000-00FF"))
        for weight in (400, 600)
    )
    urgency = f'<div class="urgency">{sheet.urgency}</div>' if sheet.urgency else ""
    part = "".join(f"<p>{one}</p>" for one in sheet.part)
    return f"""<!doctype html><html lang="th"><meta charset="utf-8">
<title>{sheet.number}</title><style>{fonts}{STYLE}</style>
<div class="copy">สำเนา</div>{urgency}
<h1>สิ่งที่ส่งมาด้วย {sheet.order}</h1>
<h2>ประกอบหนังสือเวียน ที่ นร ๐๕๐๖/ว ๕ ลงวันที่ ๗ มกราคม ๒๕๕๑</h2>
<table><tr><th>เลขที่</th><td>{sheet.number}</td></tr><tr><th>ลงวันที่</th><td>{sheet.day}</td></tr>
<tr><th>หน่วยงาน</th><td>{sheet.office}</td></tr>
<tr><th>เรื่อง</th><td>ระบบจดหมายอิเล็กทรอนิกส์กลางเพื่อการสื่อสารในภาครัฐ</td></tr></table>
{part}
<p class="note">แผ่นนี้ทำขึ้นสำหรับสาธิต GovMail Portal ใช้แทนหนังสือที่หนังสือเวียนอ้างถึง มิใช่ต้นฉบับ</p>
"""


def _font(script: str, weight: int) -> str:
    data = (FONTS / f"sarabun-{script}-{weight}-normal.woff2").read_bytes()
    return base64.b64encode(data).decode()


def draw() -> None:
    """Print every sheet beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for sheet in SHEETS:
            page.set_content(page_of(sheet))
            page.evaluate("document.fonts.ready.then(() => true)")
            page.pdf(path=HERE / sheet.file, prefer_css_page_size=True)
        browser.close()


if __name__ == "__main__":
    draw()
