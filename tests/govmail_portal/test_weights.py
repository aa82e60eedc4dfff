"""No page grows beyond what a ministry's old computer fetches quickly."""

from __future__ import annotations

import pytest

from bench.weights import LIMITS, pages_of, weigh
from tests.cast import Cast, signed_in


@pytest.mark.parametrize("name", ["list", "compose", "settings"])
def test_scripts_and_styles_stay_within_their_weight(cast: Cast, name: str) -> None:
    cast.mailbox_of(cast.amina)
    scripts, styles = weigh(signed_in(cast.amina), pages_of(cast.amina)[name])

    assert 5 < scripts <= LIMITS[name][0]
    assert 5 < styles <= LIMITS[name][1]
