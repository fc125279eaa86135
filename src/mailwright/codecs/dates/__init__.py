"""Phrases that say when, in seven languages: found in a text, with every reading. Resolved by plain code, never by a model.

    words       what a phrase may mean: Kind, Precision, Reading, Found, Hours, Habits
    finding     `find` the phrases of a text, `read` one
    telling     `language_of` a text
    habits      `habits_of` a locale
    moments     from wall-clock readings to instants in a time zone
    language    what a language is to the engine; `languages` has them
    grammar     the rules all languages share; `patterns` matches them, `meaning` is what they make
    tokens      words, numbers, dates in digits
    calendars   weekdays, months, Easter, working days

Rules of the place: no clock, no time zone but in `moments`, no guess: a phrase with two meanings has two readings, the likeliest first.
Time is linear in the text, whatever it is.
"""

from mailwright.codecs.dates.finding import find, read
from mailwright.codecs.dates.habits import habits_of
from mailwright.codecs.dates.telling import language_of
from mailwright.codecs.dates.words import Found, Habits, Hours, Kind, Precision, Reading

__all__ = ["Found", "Habits", "Hours", "Kind", "Precision", "Reading", "find", "habits_of", "language_of", "read"]
