"""Thai names spelt in Latin letters by sound, after the Royal Institute's general system (RTGS).

Only for proposing an address to somebody whose English name nobody has told us. Thai spelling
does not always say where a syllable ends, so now and then this is wrong, as a clerk's guess
would be; an officer, or the English name, corrects it. Pure: Thai in, Latin letters out.
"""

from __future__ import annotations

import re

_SOUNDS = (
    ("k", "ก"),
    ("kh", "ขฃคฅฆ"),
    ("ng", "ง"),
    ("ch", "จฉชฌ"),
    ("s", "ซศษส"),
    ("y", "ญย"),
    ("d", "ฎด"),
    ("t", "ฏต"),
    ("th", "ฐฑฒถทธ"),
    ("n", "ณน"),
    ("b", "บ"),
    ("p", "ป"),
    ("ph", "ผพภ"),
    ("f", "ฝฟ"),
    ("m", "ม"),
    ("r", "ร"),
    ("l", "ลฬ"),
    ("w", "ว"),
    ("h", "หฮ"),
    ("", "อ"),
)
_CLOSES = (
    ("k", "กขคฆ"),
    ("ng", "ง"),
    ("t", "จชซฎฏฐฑฒดตถทธศษส"),
    ("n", "ญณนรลฬ"),
    ("p", "บปพฟภ"),
    ("m", "ม"),
    ("i", "ย"),
    ("o", "ว"),
)
_OPENING = {letter: sound for sound, letters in _SOUNDS for letter in letters}
_CLOSING = {letter: sound for sound, letters in _CLOSES for letter in letters}

_SILENCED = re.compile(r"(?:[ทตด]ร|ษณ|[ก-ฮ])[ิุ]?์")
_TONES = re.compile(r"[่-๋]")
# Spellings that sound otherwise than their letters say.
_SPECIAL = (
    ("ฤๅ", "รือ"),
    ("ฤ", "ริ"),
    ("เจริญ", "จะเริน"),
    ("เฉลิม", "ฉะเลิม"),
    ("เกียรติ", "เกียด"),
    ("ทรัพย", "ซับ"),
)
_SILENT_R = re.compile(r"(?<=[ตทชก])ร$")

_C = "[ก-ฮ]"
_AFTER = "[ะ-ฺ็]"
# Two consonants that open a syllable together, if a vowel follows them.
_START = (
    rf"(?P<start>[กขคตปผพบดฟ][รลว](?={_AFTER}|อ{_C})|[สศซท]ร(?={_AFTER})"
    rf"|ห[งญนมยรลว](?={_AFTER}|{_C})|{_C})"
)
_LED = rf"(?P<start>[กขคตปผพบดฟ][รลว](?!$|[เแโไใ])|[สศซท]ร|ห[งญนมยรลว]|{_C})"
# One that closes it, unless a vowel makes it the next one's start, or it and the last letter of
# the word are a syllable by themselves (อนุ-พร, but พุท-ธ).
_END = rf"(?P<end>(?!อ)(?P<letter>{_C})(?!{_AFTER}|อ{_C}|(?!(?P=letter)){_C}(?:$|[เแโไใ])))?"
_MUST_END = rf"(?P<end>(?!อ){_C}(?!{_AFTER}))"
# The first that fits is the syllable; the vowel's sound beside it.
_SYLLABLES = [
    (re.compile(pattern), vowel)
    for pattern, vowel in (
        (rf"เ{_LED}ียะ?{_END}", "ia"),
        (rf"เ{_LED}ือะ?{_END}", "uea"),
        (rf"เ{_LED}าะ", "o"),
        (rf"เ{_LED}า", "ao"),
        (rf"เ{_LED}ิ{_END}", "oe"),
        (rf"เ{_LED}ย", "oei"),
        (rf"เ{_LED}อะ?{_END}", "oe"),
        (rf"เ{_LED}[็ะ]?{_END}", "e"),
        (rf"แ{_LED}[็ะ]?{_END}", "ae"),
        (rf"โ{_LED}ะ?{_END}", "o"),
        (rf"[ไใ]{_LED}ย?", "ai"),
        (rf"{_START}ัวะ?{_END}", "ua"),
        (rf"{_START}ะ", "a"),
        (rf"{_START}ั{_MUST_END}", "a"),
        (rf"{_START}[ัา]{_END}", "a"),
        (rf"{_START}ำ", "am"),
        (rf"{_START}[ิี]{_END}", "i"),
        (rf"{_START}[ึ]{_END}", "ue"),
        (rf"{_START}ือ?{_END}", "ue"),
        (rf"{_START}[ุู]{_END}", "u"),
        (rf"{_START}็?อ{_END}", "o"),
        (rf"{_START}รร{_MUST_END}", "a"),
        (rf"{_START}รร", "an"),
        (rf"{_START}ว{_MUST_END}", "ua"),
        (rf"(?P<start>{_C})(?={_C}{_C}(?:$|[เแโไใ]))", "a"),
        (rf"{_START}{_MUST_END}", "o"),
        (rf"{_START}", "a"),
    )
]


def romanise(thai: str) -> str:
    """Return a Thai name in small Latin letters; what is not Thai is kept as it is."""
    return " ".join(_word(word) for word in thai.split())


def _word(word: str) -> str:
    for written, spoken in _SPECIAL:
        word = word.replace(written, spoken)
    word = _SILENT_R.sub("", _SILENCED.sub("", _TONES.sub("", word)))
    sounds, at = [], 0
    while at < len(word):
        sound, at = _syllable(word, at)
        sounds.append(sound)
    return "".join(sounds)


def _syllable(word: str, at: int) -> tuple[str, int]:
    """Return the sound of the syllable that begins at a place, and where the next one begins."""
    for pattern, vowel in _SYLLABLES:
        found = pattern.match(word, at)
        if found:
            parts = found.groupdict()
            closing = _CLOSING.get(parts.get("end") or "", "")
            return _opening(parts["start"]) + vowel + closing, found.end()
    return (word[at] if word[at].isascii() else ""), at + 1


def _opening(start: str) -> str:
    if len(start) == 2 and start[0] == "ห":
        start = start[1]
    if len(start) == 2 and start[0] in "สศซท":
        return "s"
    return "".join(_OPENING.get(letter, "") for letter in start)
