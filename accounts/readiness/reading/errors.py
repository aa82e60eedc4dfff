from __future__ import annotations


class Unreadable(ValueError):
    """A text does not follow its standard. why: the culprit, as it stands there."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why[:100]
