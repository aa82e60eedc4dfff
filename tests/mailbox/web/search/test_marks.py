"""A letter that was opened from the results of a search has the words marked."""

from __future__ import annotations

import re

from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter


def test_words_are_marked_in_subject_and_frame(cast: Cast) -> None:
    message = deliver(letter("Budget <b> แผนงาน", "ขอส่งแผน ๒๕๖๙ to all."), cast.amina)[0]
    client = signed_in(cast.amina)
    results = client.post("/mail/search/", {"q": "แผน 2569 budget"})["Location"]
    shown = client.get(f"{results}t/{message.thread_id}/").content.decode()
    (frame,) = re.findall(r'<iframe[^>]* src="([^"]*)"', shown)
    body = client.get(frame.replace("&amp;", "&")).content.decode()

    assert "<mark>Budget</mark> &lt;b&gt; <mark>แผน</mark>งาน</h1>" in shown
    assert f"search={results.split('/')[3]}" in frame
    assert "ขอส่ง<mark>แผน</mark> <mark>๒๕๖๙</mark> to all." in body


def test_formatted_letters_are_marked_and_stay_as_safe(cast: Cast) -> None:
    html = "<p title='needle'><b>nee</b>dle <script>alert(1)</script></p>"
    message = deliver(letter("x", "x", html=html), cast.amina)[0]
    client = signed_in(cast.amina)
    search = client.post("/mail/search/", {"q": "needle"})["Location"].split("/")[3]
    body = client.get(f"/mail/message/{message.pk}/body/?search={search}").content.decode()

    assert "<b><mark>nee</mark></b><mark>dle</mark>" in body
    assert 'title="needle"' in body
    assert "<script" not in body


def test_another_mailboxs_search_or_nonsense_marks_nothing(cast: Cast) -> None:
    message = deliver(letter("x", "needle"), cast.amina)[0]
    search = signed_in(cast.chiara).post("/mail/search/", {"q": "needle"})["Location"]
    client = signed_in(cast.amina)

    for named in (search.split("/")[3], "x", "", "%00"):
        body = client.get(f"/mail/message/{message.pk}/body/?search={named}")
        assert body.status_code == 200
        assert "<mark>" not in body.content.decode()
