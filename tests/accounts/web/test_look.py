"""Language, theme and digits: kept with the account, and back to the page they were chosen on."""

from __future__ import annotations

import pytest

from accounts.models import Account
from tests.cast import Cast, signed_in


@pytest.mark.parametrize(
    ("where", "field", "value", "kept"),
    [
        ("/account/language/", "language", "th", "th"),
        ("/account/theme/", "theme", "dark", "dark"),
        ("/account/digits/", "thai_digits", "yes", True),
    ],
)
def test_a_choice_is_kept_with_the_account(
    cast: Cast, where: str, field: str, value: str, kept: object
) -> None:
    answer = signed_in(cast.amina).post(where, {field: value, "next": "/mail/"})

    assert answer.headers["Location"] == "/mail/"
    assert getattr(Account.objects.get(pk=cast.amina.pk), field) == kept


def test_thai_digits_are_seen_in_thai_pages(cast: Cast) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(language="th", thai_digits=True)
    page = signed_in(cast.amina).get("/").content.decode()

    assert "๑๐ GB" in page


def test_nobody_is_sent_to_another_site(cast: Cast) -> None:
    data = {"theme": "dark", "next": "https://evil.test/"}

    assert signed_in(cast.amina).post("/account/theme/", data).headers["Location"] == "/"
