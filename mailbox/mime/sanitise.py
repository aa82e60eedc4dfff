"""Make the HTML of mail inert: bleach by allow-list, checked until it no longer changes.

The order: an HTML5 parser bounded in depth and number; elements that could act
are taken out with all they hold; attributes are rebuilt from an allow-list; then
bleach's own filter as a second lock. The result is parsed and cleaned again and
must come out the same, or the mail is shown as text: what a second parser reads
differently is how mutation attacks work. See docs/adr/0003.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bleach import html5lib_shim
from bleach.sanitizer import BleachSanitizerFilter

from mailbox.mime.charsets import body
from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.styles import MailStyle, clean_link, clean_style, is_remote, own_image

MAX_HTML = 2 * 1024 * 1024
MAX_TOKENS = 60_000
MAX_OPEN = 100
MAX_ACTIVE = 24
_PASSES = 4

TAGS = frozenset(
    """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col
    colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img
    ins kbd li nav ol p pre q s samp section small span strike strong sub sup table tbody td tfoot
    th thead tr tt u ul var wbr
    """.split()
)
# Taken out with everything inside: what acts, what loads, what is not text, what parses by rules
# of its own. Elements in neither list (forms, unknown ones) go, and what they hold stays.
DROPPED_WHOLE = frozenset(
    """
    applet area audio base basefont bgsound canvas command datalist embed frame frameset head iframe
    image input isindex keygen link map math meta meter noembed noframes noscript object optgroup
    option param picture progress script select source style svg template textarea title track video
    """.split()
)
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_ANYWHERE = frozenset("align bgcolor color dir height lang style title valign width".split())
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


class TooComplex(Exception):
    """The markup has more tags than any letter; it is shown as text."""


class _BoundedTokenizer(html5lib_shim.HTMLTokenizer):
    """Passes over comments, and over tags that would nest without end."""

    def __init__(self, stream: str, parser: _BoundedParser) -> None:
        super().__init__(stream, parser=parser)
        self._tree = parser.tree

    def __iter__(self) -> Iterator[dict[str, Any]]:
        start, comment, error = _START, _COMMENT, _ERROR
        count = 0
        for token in super().__iter__():
            kind = token["type"]
            if kind == error or kind == comment:
                continue
            count += 1
            if count > MAX_TOKENS:
                raise TooComplex
            if kind == start and self._nests_too_deep(token["name"]):
                continue
            yield token

    def _nests_too_deep(self, name: str) -> bool:
        if len(self._tree.openElements) > MAX_OPEN:
            return True
        return name in _FORMATTING and len(self._tree.activeFormattingElements) > MAX_ACTIVE


_START = html5lib_shim.TAG_TOKEN_TYPE_START
_ERROR = html5lib_shim.TAG_TOKEN_TYPE_PARSEERROR
_COMMENT = 6  # html5lib.constants.tokenTypes["Comment"]; bleach's shim does not name it


class _BoundedParser(html5lib_shim.HTMLParser):
    def _parse(
        self,
        stream: str,
        innerHTML: bool = False,  # noqa: N803  # html5lib's name
        container: str = "div",
        scripting: bool = True,
        **options: Any,
    ) -> None:
        """As the parser's own, with the bounded tokenizer; scripting as browsers have it."""
        self.innerHTMLMode = innerHTML
        self.container = container
        self.scripting = True
        self.tokenizer = _BoundedTokenizer(stream, self)
        self.reset()
        self.mainLoop()


class _Filter(BleachSanitizerFilter):
    """Bleach's filter over a tree whose entities are already characters."""

    def sanitize_characters(self, token: dict[str, Any]) -> dict[str, Any]:
        return token


class _Images:
    """Where a message's own images are, and how many it wants from elsewhere."""

    def __init__(self, cids: Mapping[str, int]) -> None:
        self._cids = cids
        self.remote = 0

    def address(self, url: str) -> str | None:
        """What `src` becomes; None takes it away."""
        url = url.strip()
        if url[:4].lower() == "cid:":
            index = self._cids.get(url[4:].strip("<> "))
            return None if index is None else f"attachment/{index}/"
        if is_remote(url):
            self.remote += 1
            return None
        return own_image(url)


def _attribute(tag: str, name: str, value: str, images: _Images) -> str | None:
    """What an attribute's value becomes; None takes it away."""
    if name == "href":
        return clean_link(value)
    if name == "src":
        return images.address(value)
    if name == "style":
        return clean_style(value) or None
    if name in ("rel", "target"):
        return None  # set below, on links that stay
    if name in _FREE_TEXT:
        return " ".join(body(value).split())[:1_000]
    return value if _PLAIN_ATTRIBUTE.fullmatch(value) else None


def _rebuild_attributes(element: Any, images: _Images) -> None:
    tag = element.tag
    allowed = _ALLOWED[tag]
    given = list(element.attrib.items())
    element.attrib.clear()
    for name, value in given:
        if name in allowed:
            kept = _attribute(tag, name, value, images)
            if kept is not None:
                element.attrib[name] = kept
        elif name == "background" and is_remote(value):
            images.remote += 1
    if tag == "a" and "href" in element.attrib:
        element.attrib["rel"] = "noopener noreferrer"
        element.attrib["target"] = "_blank"


def _goes_whole(tag: Any) -> bool:
    # Not a string: a comment. A brace: an element of SVG or MathML.
    return not isinstance(tag, str) or tag[:1] == "{" or tag in DROPPED_WHOLE


def _prune(root: Any, images: _Images) -> None:
    """Take out what may not stay and rebuild the attributes of what may; a loop, not recursion."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag in _ALLOWED:
            _rebuild_attributes(element, images)
        _clean_text(element)
        kept: list[Any] = []
        for child in list(element):
            if _goes_whole(child.tag):
                _count_remote(child, images)
                _hand_tail_over(element, child, kept)
            else:
                kept.append(child)
        if len(kept) != len(element):
            element[:] = kept
        waiting.extend(kept)


def _count_remote(element: Any, images: _Images) -> None:
    if element.tag in ("image", "input") and is_remote(element.attrib.get("src", "")):
        images.remote += 1


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


_walker = html5lib_shim.getTreeWalker("etree")
_serializer = html5lib_shim.HTMLSerializer(
    quote_attr_values="always",
    quote_char='"',
    use_best_quote_char=False,
    omit_optional_tags=False,
    escape_lt_in_attrs=True,
    resolve_entities=False,
    sanitize=False,
    alphabetical_attributes=False,
    minimize_boolean_attributes=False,
    use_trailing_solidus=False,
)
_style = MailStyle()


def _may_stay(tag: str, name: str, value: str) -> bool:
    return name in _ALLOWED[tag]


def _pass(html: str, images: _Images) -> str:
    """One cleaning."""
    parser = _BoundedParser(namespaceHTMLElements=False)
    tree = parser.parseFragment(html)
    _prune(tree, images)
    filtered = _Filter(
        _walker(tree),
        allowed_tags=TAGS,
        attributes=_may_stay,
        allowed_protocols=("http", "https", "mailto", "tel", "data"),
        strip_disallowed_tags=True,
        strip_html_comments=True,
        css_sanitizer=_style,
    )
    rendered: str = _serializer.render(filtered)
    return rendered


def sanitise(html: str, cids: Mapping[str, int] | None = None) -> tuple[SafeHtml, int]:
    """HTML of mail made inert, and the number of images it wanted from elsewhere.

    cids maps Content-ID to attachment index: such an image becomes
    `attachment/<index>/`, relative to the frame's URL. Other images must be
    raster `data:`; remote ones lose their source. Never raises: markup that is too
    large or will not settle comes back as its text. sanitise(x) is a fixed point.
    """
    safe, remote, _ = sanitise_or_text(html, cids)
    return safe, remote


def sanitise_or_text(html: str, cids: Mapping[str, int] | None = None) -> tuple[SafeHtml, int, str]:
    """`sanitise`, and the note to make if the markup had to be shown as text ("" if not)."""
    images = _Images(cids or {})
    if len(html) > MAX_HTML:
        return text_to_html(html_to_text(html)), 0, "html-too-large"
    try:
        current = _pass(body(html), images)
        for _ in range(_PASSES):
            again = _pass(current, _Images({}))
            if again == current:
                return SafeHtml._vouched(current), images.remote, ""
            current = again
    except TooComplex:
        pass
    return text_to_html(html_to_text(html)), images.remote, "html-too-complex"
