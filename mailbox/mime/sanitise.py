"""Make the HTML of mail inert: bleach by allow-list, checked until it no longer changes.

The order: an HTML5 parser bounded in depth and number; elements that could act
are taken out with all they hold; attributes are rebuilt from an allow-list; then
bleach's own filter as a second lock. The result is parsed and cleaned again and
must come out the same, or the mail is shown as text: what a second parser reads
differently is how mutation attacks work. See docs/adr/0003.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any

from bleach.sanitizer import BleachSanitizerFilter

from mailbox.mime.charsets import body
from mailbox.mime.cleaning.asides import QUOTED, Asides, is_place, source_at
from mailbox.mime.cleaning.parser import BoundedParser, TooComplex, Work
from mailbox.mime.cleaning.pictures import Pictures
from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.styles import MailStyle, clean_link, clean_style, is_remote, words_of
from mailbox.mime.trust.links import MAX_TEXT, OWN_LINK

MAX_HTML = 2 * 1024 * 1024
_PASSES = 4

TAGS = words_of(
    """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code
    col colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header
    hr i img ins kbd li nav ol p pre q s samp section small span strike strong sub sup table
    tbody td tfoot th thead tr tt u ul var wbr
    """
)
# Taken out with everything inside: what acts, what loads, what is not text, what parses by rules
# of its own. Elements in neither list (forms, unknown ones) go, and what they hold stays.
DROPPED_WHOLE = words_of(
    """
    applet area audio base basefont bgsound canvas command datalist embed frame frameset head
    iframe image input isindex keygen link map math meta meter noembed noframes noscript object
    optgroup option param picture progress script select source style svg template textarea
    title track video
    """
)
_VOID = frozenset(("br", "col", "hr", "img", "wbr"))
_ANYWHERE = words_of("align bgcolor color dir height lang style title valign width")
_ATTRIBUTES = {
    "a": frozenset(("href", "rel", "target")),
    "img": frozenset(("alt", "border", "hspace", "src", "vspace")),
    "table": frozenset(("border", "cellpadding", "cellspacing", "frame", "rules", "summary")),
    "td": frozenset(("abbr", "colspan", "nowrap", "rowspan")),
    "th": frozenset(("abbr", "colspan", "nowrap", "rowspan", "scope")),
    "col": frozenset(("span",)),
    "colgroup": frozenset(("span",)),
    "font": frozenset(("face", "size")),
    "ol": frozenset(("reversed", "start", "type")),
    "ul": frozenset(("type",)),
    "li": frozenset(("type", "value")),
    "blockquote": frozenset(("type",)),
    "hr": frozenset(("noshade", "size")),
    "br": frozenset(("clear",)),
}
_PLAIN_ATTRIBUTE = re.compile(r"[\w #%.,+-]{0,80}")
_FREE_TEXT = frozenset(("title", "alt", "summary", "abbr", "face"))
_ALLOWED = {tag: _ANYWHERE | _ATTRIBUTES.get(tag, frozenset()) for tag in TAGS}


class _Filter(BleachSanitizerFilter):
    """Bleach's filter over a tree whose entities are already characters."""

    def sanitize_characters(self, token: dict[str, Any]) -> dict[str, Any]:
        return token


def _attribute(tag: str, name: str, value: str, pictures: Pictures) -> str | None:
    """What an attribute's value becomes; None takes it away."""
    if name == "href":
        return _kept_link(value, pictures)
    if name == "src":
        return pictures.address(value)
    if name == "style":
        return clean_style(value) or None
    if name in ("rel", "target"):
        return None  # set below, on links that stay
    if name in _FREE_TEXT:
        return " ".join(body(value).split())[:1_000]
    return value if _PLAIN_ATTRIBUTE.fullmatch(value) else None


def _kept_link(value: str, pictures: Pictures) -> str | None:
    """A link as it was written, a place of our own, or the target given back for it."""
    place = OWN_LINK.fullmatch(value)
    if place is None:
        return clean_link(value)
    if pictures.restored:
        number = int(place[1])
        return clean_link(pictures.restored[number]) if number < len(pictures.restored) else None
    return value if pictures.is_settled and pictures.asides is not None else None


def _rebuild_attributes(element: Any, pictures: Pictures) -> None:
    tag = element.tag
    allowed = _ALLOWED[tag]
    given = list(element.attrib.items())
    element.attrib.clear()
    for name, value in given:
        if name in allowed:
            kept = _attribute(tag, name, value, pictures)
            if kept is not None:
                element.attrib[name] = kept
        elif name == "background" and is_remote(value):
            pictures.remote += 1
        elif name == "class" and pictures.keeps_class(value):
            element.attrib["class"] = QUOTED
    if tag == "a" and "href" in element.attrib:
        _finish_link(element, pictures)


def _finish_link(element: Any, pictures: Pictures) -> None:
    """A link opens in a page of its own; one that hides where it leads is asked about first."""
    asides = pictures.asides
    if asides is not None and not pictures.is_settled:
        href = asides.links.address(element.attrib["href"], _words_of(element))
        if href is None:
            del element.attrib["href"]
            return
        element.attrib["href"] = href
    element.attrib["rel"] = "noopener noreferrer"
    element.attrib["target"] = "_blank"


def _words_of(element: Any) -> str:
    """The first words of an element."""
    words = [element.text or ""]
    for one in islice(element.iter(), 1, 200):
        words.extend((one.text or "", one.tail or ""))
    return "".join(words)[:MAX_TEXT]


def _goes_whole(tag: Any) -> bool:
    # Not a string: a comment. A brace: an element of SVG or MathML.
    return not isinstance(tag, str) or tag[:1] == "{" or tag in DROPPED_WHOLE


def _prune(root: Any, pictures: Pictures) -> None:
    """Take out what may not stay and rebuild the attributes of what may; a loop, not recursion."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag in _ALLOWED:
            if pictures.is_noticing:
                pictures.notice(element)
            _rebuild_attributes(element, pictures)
        _clean_text(element)
        kept: list[Any] = []
        for child in list(element):
            tag = child.tag
            if _goes_whole(tag) or (tag == "img" and pictures.takes_out(child)):
                _count_remote(child, pictures)
                _hand_tail_over(element, child, kept)
            else:
                kept.append(child)
        if len(kept) != len(element):
            element[:] = kept
        waiting.extend(kept)


def _count_remote(element: Any, pictures: Pictures) -> None:
    if element.tag in ("image", "input") and is_remote(element.attrib.get("src", "")):
        pictures.remote += 1


def _hand_tail_over(parent: Any, child: Any, before: list[Any]) -> None:
    """The text behind an element stays when the element goes."""
    if not child.tail:
        return
    if before:
        before[-1].tail = (before[-1].tail or "") + child.tail
    else:
        parent.text = (parent.text or "") + child.tail


def _clean_text(element: Any) -> None:
    if element.text:
        element.text = body(element.text)
        if element.tag == "pre":  # a parser drops the first line end, so there must be none
            element.text = element.text.lstrip("\n")
    if element.tail:
        element.tail = body(element.tail)


def _tokens(root: Any) -> Iterator[dict[str, Any]]:
    """A tree as bleach's filter wants it; html5lib's walker looks for siblings from the front."""
    waiting: list[tuple[Any, bool]] = [(child, False) for child in reversed(root)]
    if root.text:
        yield {"type": "Characters", "data": root.text}
    while waiting:
        element, is_read = waiting.pop()
        if is_read:
            yield {"type": "EndTag", "name": element.tag, "namespace": None}
        else:
            data = {(None, name): value for name, value in element.attrib.items()}
            kind = "EmptyTag" if element.tag in _VOID else "StartTag"
            yield {"type": kind, "name": element.tag, "namespace": None, "data": data}
            if kind == "StartTag":
                waiting.append((element, True))
                waiting.extend((child, False) for child in reversed(element))
                if element.text:
                    yield {"type": "Characters", "data": element.text}
                continue
        if element.tail:
            yield {"type": "Characters", "data": element.tail}


def _written(
    tokens: Iterable[dict[str, Any]], source: Callable[[str], str | None] | None = None
) -> str:
    """Tokens as markup in one spelling: every value quoted, every end tag there.

    source: what the place of a picture from elsewhere becomes; None takes it away.
    """
    out: list[str] = []
    for token in tokens:
        kind = token["type"]
        if kind == "Characters":
            out.append(escape(token["data"], quote=False))
        elif kind == "EndTag":
            out.append(f"</{token['name']}>")
        else:
            out.append(f"<{token['name']}")
            for (_, name), value in token["data"].items():
                if source is not None and name == "src" and is_place(value):
                    if (shown := source(value)) is None:
                        continue
                    value = shown
                value = escape(value, quote=False).replace('"', "&quot;")
                out.append(f' {name}="{value}"')
            out.append(">")
    return "".join(out)


_style = MailStyle()


def _may_stay(tag: str, name: str, value: str) -> bool:
    return name in _ALLOWED[tag] or (name == "class" and value == QUOTED)


def _pass(html: str, pictures: Pictures, work: Work) -> list[dict[str, Any]]:
    """One cleaning."""
    tree = BoundedParser(work).parseFragment(html)
    _prune(tree, pictures)
    pictures.mark_quotes(tree, html)
    filtered = _Filter(
        _tokens(tree),  # type: ignore[arg-type]  # any iterable of tokens will do
        allowed_tags=TAGS,
        attributes=_may_stay,
        allowed_protocols=("http", "https", "mailto", "tel", "data"),
        strip_disallowed_tags=True,
        strip_html_comments=True,
        css_sanitizer=_style,
    )
    return list(filtered)


def sanitise(
    html: str, cids: Mapping[str, int] | None = None, *, restore: Sequence[str] = ()
) -> tuple[SafeHtml, int]:
    """HTML of mail made inert, and the number of images it wanted from elsewhere.

    cids maps Content-ID to attachment index: such an image becomes
    `attachment/<index>/`, relative to the frame's URL. Other images must be
    raster `data:`; remote ones lose their source. restore: targets of the links that
    filing put aside (`Rendition.links`), given back to them. Never raises: markup that is
    too large or will not settle comes back as its text. sanitise(x) is a fixed point.
    """
    safe, remote, _ = _settled(html, Pictures(cids or {}, restored=restore))
    return safe, remote


def restored(body: SafeHtml, links: Sequence[str]) -> SafeHtml:
    """A filed body for other roads than its frame: quoted, passed on, printed.

    links: `Rendition.links`, whose targets its links get back.
    """
    return sanitise(body.for_frame(), restore=links)[0] if links else body


def sanitise_or_text(
    html: str, cids: Mapping[str, int] | None = None, asides: Asides | None = None
) -> tuple[SafeHtml, int, str]:
    """`sanitise`, and the note to make if the markup had to be shown as text ("" if not).

    asides: for filing; gathers what is kept beside the body, and marks its quote.
    """
    return _settled(html, Pictures(cids or {}, asides))


def _settled(html: str, pictures: Pictures) -> tuple[SafeHtml, int, str]:
    """Clean until nothing changes any more."""
    asides = pictures.asides
    links = asides.links if asides is not None else None
    if len(html) > MAX_HTML:
        return text_to_html(html_to_text(html), links), 0, "html-too-large"
    try:
        work = Work()
        current = _written(_pass(body(html), pictures, work))
        for _ in range(_PASSES):
            tokens = _pass(current, Pictures({}, asides, is_settled=True), work)
            again = _written(tokens)
            if again == current:
                return _finished(current, tokens, asides), pictures.remote, ""
            current = again
    except TooComplex:
        pass
    return text_to_html(html_to_text(html), links), pictures.remote, "html-too-complex"


def _finished(markup: str, tokens: list[dict[str, Any]], asides: Asides | None) -> SafeHtml:
    """What has settled, without the pictures from elsewhere; beside it the same with them."""
    if asides is None or not asides.pictures:
        return SafeHtml._vouched(markup)
    sources = asides.pictures
    asides.with_pictures = SafeHtml._vouched(_written(tokens, lambda at: source_at(at, sources)))
    return SafeHtml._vouched(_written(tokens, lambda at: None))
