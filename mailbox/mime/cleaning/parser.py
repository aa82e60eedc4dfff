"""An HTML5 parser that knows when it has worked enough.

The limits are counted in steps, not in seconds: a message is too complex on every
machine or on none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from bleach import html5lib_shim

from mailbox.mime.styles import words_of

MAX_STEPS = 500_000
MAX_OPEN = 100
MAX_ACTIVE = 24
MAX_ATTRIBUTES = 100
_FORMATTING = words_of("a b big code em font i nobr s small strike strong tt u")


class TooComplex(Exception):
    """The markup is more work than any letter; it is shown as text."""


class Work:
    """What cleaning one message may cost, over all passes; the same on every machine."""

    def __init__(self) -> None:
        self.steps = MAX_STEPS

    def spend_token(self, cost: int) -> None:
        self.steps -= cost
        if self.steps < 0:
            raise TooComplex


# Bleach keeps html5lib to itself; its stubs do not know what the shim passes on.
_html5lib: Any = html5lib_shim
_START = html5lib_shim.TAG_TOKEN_TYPE_START
_ERROR = html5lib_shim.TAG_TOKEN_TYPE_PARSEERROR
_COMMENT = 6  # html5lib.constants.tokenTypes["Comment"]; bleach's shim does not name it
_PER_TOKEN = 5  # a token with its node costs about as much as so many steps


class _BoundedTokenizer(_html5lib.HTMLTokenizer):  # type: ignore[misc]  # Any, see above
    """Counts its work, and passes over comments and tags that would nest without end."""

    def __init__(self, stream: str, parser: BoundedParser) -> None:
        super().__init__(stream, parser=parser)
        self._tree = parser.tree
        self._work = parser.work

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """As the parser's own, without errors."""
        self.tokenQueue = queue = deque[dict[str, Any]]()
        errors, work = self.stream.errors, self._work
        while self.state():
            work.steps -= 1
            if work.steps < 0:
                raise TooComplex
            errors.clear()
            while queue:
                token = queue.popleft()
                kind = token["type"]
                if kind in (_ERROR, _COMMENT):
                    continue
                # Each element that is still to be reopened may become a node more.
                work.spend_token(_PER_TOKEN * (1 + len(self._tree.activeFormattingElements) // 2))
                if kind == _START and self._nests_too_deep(token["name"]):
                    continue
                yield token

    def attributeNameState(self) -> bool:  # noqa: N802  # html5lib's name
        """As the parser's own, which compares every attribute with all before it."""
        if len(self.currentToken["data"]) > MAX_ATTRIBUTES:
            raise TooComplex
        more: bool = super().attributeNameState()
        return more

    def _nests_too_deep(self, name: str) -> bool:
        if len(self._tree.openElements) > MAX_OPEN:
            return True
        return name in _FORMATTING and len(self._tree.activeFormattingElements) > MAX_ACTIVE


class BoundedParser(_html5lib.HTMLParser):  # type: ignore[misc]  # Any, see above
    def __init__(self, work: Work) -> None:
        super().__init__(namespaceHTMLElements=False)
        self.work = work

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
