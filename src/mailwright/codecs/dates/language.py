"""What a language is to the engine: tables of words. Written once for each in `languages/<code>.py` as ``LANGUAGE = Language(...)``.

Used by `finding`. The grammar is shared (the modules of `grammar`), takes either order of words ("next Friday", "vendredi prochain",
"la semaine prochaine", "5 November", "November 5", "5 de noviembre de 2026"), and asks for nothing but classes of words. A language
gives the words of each class: ``words = {"WEEKDAY": {"monday|mon": 0, ...}, ...}``. In a table "|" separates spellings with one
meaning. A spelling may have several words, signs and all, which are cut as the text is ("p.m.", "o'clock", "in the day time"). The
longest spelling is not forced: the grammar sees every reading of every word, so that "morgen" may be both DAYOFF 1 and PART "morning".
One class may have the same words as another. Case does not matter; accents may be left out in the text where the word has four letters
or more (so "à" is not "a"); write table words with their accents.

Classes of words, and their values:

    WEEKDAY     0..6, Monday is 0               monday, mon, freitag, fr (beware of short ones; list "fr." with its full stop)
    WEEKDAYS    0..6, every one of them         mondays, montags, les lundis (the article is optional anyway)
    MONTH       1..12                           november, nov, nov.
    DAYOFF      days from today                 today 0, tomorrow 1, yesterday -1, übermorgen 2, avant-hier -2
    HOLIDAY     rule                            "12-25", "easter+1" (days after Easter Sunday), "11-4th-3" (fourth Thursday), "5--1th-0"
    SEASON      0..3 (spring, summer, autumn, winter, of the northern half)
    NUMBER      number                          one .. ninety-nine, a hundred (`numerals` of this module helps); half numbers like 1.5 too
    ORDINAL     1..31; -1 is the last           first, zweiter, primero; digits with a mark ("3rd", "3.") come from `ordinal_marks`
    COUNT       number, said vaguely            few, a couple of, several, ein paar, quelques (3 or 2)
    UNIT        unit                            "second" "minute" "hour" "day" "week" "month" "quarter" "year" "decade" "century"
                                                "workday" "weekend", with a number before when it is more: fortnight "2 week",
                                                "acht Tage" is not here: put "14 tage" etc. into LENGTH
    UNITLET     unit, glued to a number         d, w, h, y, min: "3d"
    LENGTH      "n unit", a whole length        fortnight's like: quinze jours "2 week", acht tagen "1 week", half an hour "30 minute"
    REL         which one                       "this" "next" "last" "coming" (the nearest one) "afternext" (übernächste, the week after next)
    PART        part of the day                 "early_morning" "morning" "noon" "afternoon" "evening" "night" "end_of_day" (names of `Hours`)
    PARTS       same, every one                 mornings, abends
    DAYPART     (days from today, part)         tonight (0, "evening"), heute früh (0, "early_morning"), ce soir, stamattina
    EDGE        part of a period                "begin" "mid" "end" "rest": end of, the start of, Anfang, Ende, mi-, fin de (with its "of" or not)
    EARLY LATE  None                            early, late; früh, spät: of a part, a month, a week
    NOW         None                            now, right now, at the moment
    SOON        days, vaguely                   soon, in the coming days, bald, demnächst (3, say)
    SOMETIME    None, makes what follows vague  sometime, at some point, irgendwann, dans le courant de
    ABOUT       None                            about, around, gegen, vers, circa
    CLOCKWORD   (hour, minute)                  noon (12, 0), midnight (24, 0), mezzogiorno
    OCLOCK      None, behind an hour            o'clock, uhr, h, heures, uur; "9h30", "9 Uhr 30" follow from it
    HOURMARK    None, before an hour            las, alle, às, ore (only what says "an hour follows")
    MERIDIEM    "am" or "pm"                    a.m., pm, de la mañana (also what is both: PART "morning" is read behind hours anyway)
    HALF        None; QUARTER minutes (15, 45)  half; quarter, viertel, dreiviertel 45, y cuarto's cuarto
    PAST TOHOUR None: minutes past / to it      past, nach; to, vor:  "ten past nine", "viertel vor zehn", "um quarto para as dez"
    PLUS MINUS  None, behind the hour           et, y, e:  "dix heures et quart", "las nueve y media"; moins, menos, meno
    EVERY       None                            every, each, jeden, chaque, todos los, tutti i
    OTHER       None                            other (every other week): zweiten,
    ADVERB      RRULE part                      daily "FREQ=DAILY", weekdays "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", quarterly "FREQ=MONTHLY;INTERVAL=3"
    TIMES       1, 2, 3                         once, twice: "once a week"
    WEEKNO      None, before a number           week, KW, semaine
    YEARWORD    None, before a number           year, Jahr, (in) the year
    QUARTERNO   1..4; HALFYEAR 1..2             q1, first quarter (or ORDINAL + UNIT quarter, which is read anyway)
    WORKWEEK    None                            work week, Arbeitswoche
    WEEKENDWORD None                            weekend, wochenende, fin de semana

  and the words between, all None:

    THE (the, der, dem, le, il …)   A (a, an, ein, une: also counts as one before a unit)   OF (of, de, von, im, del …)   ON (on, am, el …)
    AT (at, um, à, a las, alle …)   IN (in, dans, en, tra, over …, before a length: from now; before a period)    WITHIN (within, binnen)
    AGO (ago, behind)   AGOBEFORE (vor, il y a, hace, há: before)   LATER (later, from now, behind)   FOR (for, pendant, für)   AND   OR
    FROM (from, ab, von, depuis) TO (to, till, bis, à, hasta: end of a range) BETWEEN  UNTIL (until, by, bis, jusqu'à, before a day: up to it)
    BEFORE AFTER SINCE   TIMEOF ("the week of": la semaine du)   YET (other filler between a day and a time: also "vers", ",")

  rarer ones: DAYEND (end of day, eod)  WEEKON ("Friday week")  WEEKOF ("week of", "semaine du": before a day)  TIMEWORD (behind "in two
  weeks": time, "de temps")  ORLATER (or later, behind)  STARTING (starting, ab)  FRACTION 0.5 (half, demi; ½ 0.5)  TIMESWORD (times, mal,
  fois)  PER (per, pro, par)  MINUTEWORD (minutes, behind the number of a clock time)  MERIDIEMLET (a, p glued to an hour)  DECADEMARK
  WEEKENDWORDS (every weekend)

What the readings are: a day begins at midnight and has no end. A part of a day is a DATETIME, from its hour in `Hours` to the next
part's (morning 9-12, afternoon 14-18, evening 18-21, night 21-24, early morning 7-9, noon 12-13, end of day 17-18). "By", "until
Friday" is the DATE Friday; "before Friday" the day before it, "after Friday" the day after it, "before five" five. "From Monday on" and
"since" are a RANGE without an end. An hour alone is the coming one. The phrase that is found includes such words, but not a plain "on"
or "am" before a day ("on Friday" is found as "Friday").

Lookups of what precedes a phrase (a day of the month only after ON, an hour only after AT) use the same classes.

`traps` are regular expressions (searched in small letters, with plain quotes) over whose matches no word is read: "have a nice day",
"second round", "freitag & söhne". Keep them bounded: no nested repeats. `rules` are rules of the language's own, made with
`patterns.Rules`, tried before the shared ones. `half_before`: "halb zehn" is 9:30. `hours24`: an hour without am/pm is meant as said.
`nearest_next`: "next Friday" is likelier the nearest one (when both readings are left, it comes first). `glued`: words to be read as two, with
the length of the first ("freitagmorgen": 7). `hours_named`: a number is no hour without a word that
says so. `evening_said`: who means nine in the evening says 21. `date_signs`: what may stand between day and month in
digits when no other word says that it is a date. `dropped`: a regular expression
of what a phrase may begin with and is not said to be part of it ("the" of "the next quarter"). `telling`: frequent small words,
by which `language_of` knows the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailwright.codecs.dates.patterns import Grammar, Item, Rule
from mailwright.codecs.dates.tokens import Token, bare, cut

Words = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Language:
    """The tables of one language; see the module."""

    code: str
    words: Words
    ordinal_marks: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    half_before: bool = False
    hours24: bool = False
    nearest_next: bool = False
    hours_named: bool = False
    evening_said: bool = False
    glued: Mapping[str, int] = field(default_factory=dict)
    date_signs: str = "/.-"
    dropped: str = ""
    telling: frozenset[str] = field(default_factory=frozenset)


def numerals(
    units: Iterable[str], tens: Mapping[int, str], join: str = "{tens}-{unit}|{tens} {unit}"
) -> dict[str, int]:
    """Number words up to 99: `units` are zero, one, two … as far as they are irregular (19 or so); `join` how 21 is made of 20 and 1.
    A word may have spellings separated by "|"."""
    ones = [spelling.split("|") for spelling in units]
    found = {spelling: n for n, spellings in enumerate(ones) for spelling in spellings}
    for ten, word in tens.items():
        for spelling in word.split("|"):
            found[spelling] = ten
            for n in range(1, 10):
                if ten + n >= len(ones):
                    for unit in ones[n]:
                        found |= dict.fromkeys(join.format(tens=spelling, unit=unit).split("|"), ten + n)
    return found


class Lexicon:
    """A language made ready: words looked up, traps compiled, its grammar."""

    def __init__(self, language: Language, shared: Iterable[Rule]) -> None:
        self.language = language
        self.grammar = Grammar([*language.rules, *shared])
        self._phrases: dict[str, dict[tuple[str, ...], list[tuple[str, Any]]]] = {}
        for name, table in language.words.items():
            for spellings, value in table.items():
                for spelling in spellings.split("|"):
                    self._add(spelling, name, value)
        self._known = {
            word for phrases in self._phrases.values() for words in phrases for word in words if word.isalpha()
        }
        self._marks = {tuple(token.word for token in cut(mark)) for mark in language.ordinal_marks}
        self.dropped = re.compile(language.dropped) if language.dropped else None
        self._traps = [re.compile(trap) for trap in language.traps]

    def _add(self, spelling: str, name: str, value: Any) -> None:
        words = tuple(token.word for token in cut(spelling))
        for variant in {words, tuple(bare(word) if len(word) > 3 else word for word in words)}:
            here = self._phrases.setdefault(variant[0], {}).setdefault(variant, [])
            if (name, value) not in here:
                here.append((name, value))

    def words_at(self, tokens: list[Token], index: int) -> list[Item]:
        """What the words that begin at this token may be, longer ones first."""
        phrases = self._phrases.get(tokens[index].word)
        if phrases is None:
            return []
        found: list[Item] = []
        for words in sorted(phrases, key=len, reverse=True):
            if all(index + n < len(tokens) and tokens[index + n].word == word for n, word in enumerate(words)):
                found.extend((name, value, len(words)) for name, value in phrases[words])
        return found

    def ordinal_at(self, tokens: list[Token], index: int) -> list[Item]:
        """The ordinal that this number is together with the mark behind it."""
        word = tokens[index].word
        if not word.isdecimal() or len(word) > 2:
            return []
        found: list[Item] = []
        for mark in self._marks:
            behind = tokens[index + 1 : index + 1 + len(mark)]
            after = tokens[index + 1 + len(mark) : index + 2 + len(mark)]
            if after and not after[0].gap and after[0].word[0].isdigit():  # 10.11.12.13 has no 10th
                continue
            if tuple(token.word for token in behind) == mark and not any(token.gap for token in behind):
                found.append(("ORDINAL", int(word), 1 + len(mark)))
        return found

    def trapped(self, text: str) -> list[tuple[int, int]]:
        """The stretches of the text (in small letters) where nothing is read."""
        found: list[tuple[int, int]] = []
        for begin, end in sorted(match.span() for trap in self._traps for match in trap.finditer(text)):
            if found and begin < found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((begin, end))
        return found

    def split(self, text: str) -> str:
        """Words that are written together, with spaces between them, in as few words as the language allows: "nextweek"."""
        return " ".join(self._split_word(word) for word in text.split())

    def _split_word(self, word: str) -> str:
        # Tokens of letters only; the fewest words wins. Longer than any tag is not split: the work grows with the square of it.
        parts = [token.word for token in cut(word)]
        if len(word) > 64:
            return word
        return " ".join(self._fewest(part) if part.isalpha() else part for part in parts)

    def _fewest(self, letters: str) -> str:
        best: list[list[str] | None] = [[]]
        for end in range(1, len(letters) + 1):
            found: list[str] | None = None
            for start in range(end):
                before, piece = best[start], letters[start:end]
                if before is not None and piece in self._known and (found is None or len(before) + 1 < len(found)):
                    found = [*before, piece]
            best.append(found)
        whole = best[-1]
        return " ".join(whole) if whole else letters
