"""Each class of hostile input (numbers 1 to 18 and 25 to 31 of our list) has its tests, by name.

Renaming or removing one of them fails here, so that no class is left without.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from tests.mailbox.mime.hostile_html import FRAGMENTS
from tests.services import needs_shared

ROOT = Path(__file__).resolve().parent.parent
P7 = "promises/test_p7_hostile_mail_is_inert.py::test_nothing_hostile_runs_leaves_or_breaks_a_page"
CANARIES = "promises/test_p7_canaries.py::test_no_canary_sings_on_any_page"
CHROMIUM = "browser/test_sanitiser_in_chromium.py"
ROADS = "promises/test_hostile_roads.py"

CLASSES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "SVG animate and set",
        (P7, f"{CHROMIUM}::test_no_hostile_fragment_acts_or_asks_another_machine"),
    ),
    2: (
        "SVG in data URIs",
        (P7, "mailbox/mime/test_sanitise.py::test_own_images_are_shown_and_remote_ones_counted"),
    ),
    3: (
        "addresses and schemes",
        (
            "mailbox/mime/test_sanitise.py::test_other_addresses_lose_their_link",
            "mailbox/mime/trust/test_links.py::test_a_link_that_hides_where_it_leads_is_asked_about",
        ),
    ),
    4: (
        "MathML",
        (
            P7,
            "mailbox/mime/test_sanitise.py::test_hostile_fragments_settle_at_once_and_hold_nothing_active",
        ),
    ),
    5: (
        "mutation",
        (
            f"{CHROMIUM}::test_chromium_reads_back_exactly_what_was_written",
            f"{CHROMIUM}::test_cleaning_twice_changes_nothing",
            "mailbox/mime/test_sanitise.py::test_any_soup_of_tags_settles",
        ),
    ),
    6: (
        "change after cleaning",
        (
            P7,
            "mailbox/mime/test_sanitise.py::test_nothing_but_the_frame_can_read_safe_html",
            "mailbox/outbound/test_answering.py::test_a_hostile_original_is_quoted_inert_and_can_be_answered",
            "mailbox/web/search/test_pages.py::test_a_hit_with_markup_in_it_stays_text",
            "mailbox/web/papers/test_printing.py::test_formatted_paper_is_as_inert_as_the_frame",
        ),
    ),
    7: (
        "plain text",
        (
            "mailbox/mime/test_plaintext.py::test_text_never_becomes_markup",
            "mailbox/mime/test_plaintext.py::test_what_is_shown_is_what_was_written",
        ),
    ),
    8: ("headers and other metadata", (CANARIES,)),
    9: (
        "attachments served or sniffed",
        (
            "mailbox/web/test_attachments.py::test_what_a_stranger_sends_is_never_served_as_a_page",
            "mailbox/web/test_attachments.py::test_a_preview_is_of_safe_kinds_under_a_policy",
        ),
    ),
    10: (
        "file names",
        (
            "mailbox/web/test_attachments.py::test_a_name_comes_back_as_it_was_but_harmless",
            "mailbox/web/test_attachments.py::test_a_name_cannot_write_headers",
            "mailbox/web/answers/test_zipped.py::test_no_name_leads_out_of_the_folder_or_over_another",
        ),
    ),
    11: (
        "calendars",
        (
            "mailbox/web/papers/test_asked.py::test_the_card_shows_what_a_hostile_invitation_says_as_text",
            "mailbox/mime/parts/test_calendar.py::test_a_bomb_of_dates_is_a_line_of_text",
            "mailbox/mime/parts/test_calendar.py::test_no_calendar_breaks_the_reader",
        ),
    ),
    12: (
        "TNEF",
        (
            "mailbox/mime/parts/test_tnef.py::test_a_hostile_one_ends_soon_and_quietly",
            "mailbox/mime/parts/test_rtf.py::test_a_size_that_lies_costs_no_more_than_the_bound",
        ),
    ),
    13: (
        "styles",
        (P7, "mailbox/mime/test_sanitise.py::test_styles_keep_plain_values_of_known_properties"),
    ),
    14: (
        "content from elsewhere",
        (
            P7,
            "browser/senders/test_trusting.py::test_the_policy_alone_keeps_images_away",
            "browser/senders/test_trusting.py::test_the_sanitiser_alone_keeps_images_away",
        ),
    ),
    15: (
        "overlays",
        (
            "mailbox/web/test_letters.py::test_a_body_comes_under_a_policy_of_its_own",
            "mailbox/mime/test_sanitise.py::test_styles_keep_plain_values_of_known_properties",
        ),
    ),
    16: (
        "header injection",
        (
            f"{ROADS}::test_what_is_typed_adds_no_header_at_the_gateway",
            f"{ROADS}::test_what_came_adds_no_header_to_its_answer_at_the_gateway",
            "mailbox/mime/test_build.py::test_no_line_end_of_any_kind_gets_into_a_header",
        ),
    ),
    17: (
        "SMTP smuggling",
        (
            "mailbox/smtp/test_gateway.py::test_a_bare_line_end_smuggles_nothing",
            "mailbox/test_lmtp.py::test_what_looks_like_an_end_is_none",
        ),
    ),
    18: (
        "directory queries",
        (f"{ROADS}::test_what_is_typed_to_find_people_is_text_and_no_filter",),
    ),
    25: (
        "deep MIME",
        (
            "mailbox/mime/test_parse.py::test_a_message_beyond_the_limits_is_an_attachment_of_itself",
            "mailbox/mime/test_parse.py::test_hostile_messages_are_read_within_bounds",
        ),
    ),
    26: (
        "headers without end",
        (
            "mailbox/mime/test_parse.py::test_more_people_than_any_letter_has_are_cut_off_and_noted",
            "mailbox/mime/test_reading_process.py::test_a_message_that_takes_too_long_costs_the_child_and_not_the_next_message",
            "promises/test_p2_one_bad_never_holds_up_the_others.py::",
        ),
    ),
    27: (
        "archives, pictures, patterns",
        (
            "mailbox/mime/test_plaintext.py::test_a_megabyte_made_to_stall_the_linker_does_not",
            "mailbox/mime/test_sanitise.py::test_endless_markup_is_bounded_and_settles",
            "mailbox/web/papers/test_enclosed.py::test_a_picture_too_large_to_show_is_only_downloaded",
            "mailbox/web/papers/test_enclosed.py::test_too_much_for_one_archive_is_refused_before_anything_is_sent",
        ),
    ),
    28: (
        "things of others",
        (
            "promises/test_p6_what_you_may_not_see_does_not_exist.py::test_for_another_official_and_for_hr_none_exists",
            "promises/test_p6_what_you_may_not_see_does_not_exist.py::test_nobody_reaches_no_page_but_the_door",
        ),
    ),
    29: (
        "paths",
        (
            f"{ROADS}::test_a_name_from_outside_is_never_a_path",
            "mailbox/storage/test_files.py::test_a_proposed_name_leads_nowhere",
        ),
    ),
    30: (
        "filters",
        (
            "mailbox/web/standing/test_filters.py::test_what_is_typed_stays_data",
            "mailbox/web/standing/test_filters.py::test_forwarding_asks_for_the_password_and_is_shown_ever_after",
            "mailbox/filing/test_rules.py::test_whatever_a_rule_says_it_comes_back_as_it_was",
        ),
    ),
    31: (
        "decryption oracles",
        (
            f"{ROADS}::test_one_broken_or_foreign_part_is_not_stitched_to_its_neighbours",
            "mailbox/sealing/test_content.py::test_no_region_can_be_flipped",
            "mailbox/sealing/test_content.py::test_chunks_cannot_change_places",
        ),
    ),
}
THAI = (
    f"{ROADS}::test_thai_in_any_charset_and_under_any_label_is_thai_on_every_road",
    "mailbox/mime/test_parse.py::test_thai_is_read_whatever_the_label_says",
)


@cache
def names_in(file: str) -> frozenset[str]:
    """The tests of a file; none if it is not there."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
    )


def is_there(test: str) -> bool:
    file, _colons, name = test.partition("::")
    return name in names_in(file) if name else bool(names_in(file))


def test_no_class_was_forgotten() -> None:
    assert set(CLASSES) == {*range(1, 19), *range(25, 32)}


@pytest.mark.parametrize("number", CLASSES)
def test_every_class_of_hostile_input_has_its_tests(number: int) -> None:
    missing = [test for test in CLASSES[number][1] if not is_there(test)]
    assert CLASSES[number][1]
    assert missing == []


def test_thai_charsets_have_theirs() -> None:
    assert all(map(is_there, THAI))


def test_a_test_that_is_not_there_is_missed() -> None:
    assert not is_there(f"{ROADS}::test_that_nobody_wrote")
    assert not is_there("promises/test_nothing.py::")


@pytest.mark.shared
def test_what_p7_walks_has_fragments_of_every_kind_that_only_a_browser_shows() -> None:
    """A corpus that lost a kind would prove less in silence."""
    path = needs_shared("corpus") / "html" / "vectors.json"
    vectors = [one["html"] for one in json.loads(path.read_text("utf-8"))["vectors"]]
    markup = " ".join([*vectors, *FRAGMENTS]).lower()
    kinds = "<svg animate <math data: javascript: <style url( <base <form <iframe <object @import"
    assert [kind for kind in kinds.split() if kind not in markup] == []
