"""A letter with its sender's formatting, as a document to print: A4, black on white.

Like the frame's document it holds nothing but markup that was made safe, under the
same policy, without a script; it is printed by the browser's own command. What
stands above the body is written here, escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mailbox.mime.safe_html import SafeHtml

_STYLE = """
@page{size:A4;margin:2.5cm 2cm 2cm 3cm}
html{background:#fff;color:#000}
body{margin:0 auto;max-width:17cm;padding:12px;font:400 12pt/1.6 "Sarabun","Noto Sans Thai",
"Leelawadee UI","Thonburi","Loma",system-ui,sans-serif;overflow-wrap:anywhere}
header{margin-bottom:14pt;padding-bottom:8pt;border-bottom:1px solid #999;break-inside:avoid}
header b{color:#b00;font-size:16pt}h1{margin:0 0 6pt;font-size:16pt;line-height:1.4}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 8pt;margin:0}
dt{font-weight:700}dd{margin:0}
img,table{max-width:100%;height:auto}pre{white-space:pre-wrap}
@media print{body{max-width:none;padding:0}}
"""


def document(
    body: SafeHtml, *, language: str, subject: str, urgency: str, facts: Sequence[tuple[str, str]]
) -> str:
    """The whole document. facts: names of fields and what stands in them, as plain text."""
    above = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    mark = f"<b>{escape(urgency)}</b>" if urgency else ""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light"><meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(subject)}</title><base target="_blank"><style>{_STYLE}</style></head>'
        f"<body><header>{mark}<h1>{escape(subject)}</h1><dl>{above}</dl></header>"
        f"{body.for_frame()}</body></html>"
    )
