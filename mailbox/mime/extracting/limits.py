"""How much is read of a file before the rest is left out, and said to be (P8)."""

from __future__ import annotations

MEGABYTE = 1024 * 1024
# Characters of all files of a letter: what `mailbox.searching.searchable` keeps.
MOST_CHARACTERS = 400_000
# A file that must be whole to be read: PDF, what lies in a zip container, an attached letter.
MOST_BYTES = 64 * MEGABYTE
# Of plain text, HTML and RTF only the beginning is fetched.
MOST_PLAIN_BYTES = 4 * MEGABYTE
# Octets that tell a file's kind.
FIRST_BYTES = 4_096
MOST_PAGES = 2_000
# Objects of a page of which it is looked how they stand; a full page of Thai has 4,000.
MOST_OBJECTS = 20_000
# A zip container's directory, in octets: some 20,000 entries, where a document has 50.
MOST_DIRECTORY = 2 * MEGABYTE
# What a container's wanted entries may swell to, together, and by how much.
MOST_INFLATED = 128 * MEGABYTE
MOST_RATIO, RATIO_FROM = 200, 2 * MEGABYTE
# Elements of XML within each other; a table in a table in a text box has some 60.
MOST_NESTED = 256
# Letters in letters in letters.
MOST_LETTERS_DEEP = 3
