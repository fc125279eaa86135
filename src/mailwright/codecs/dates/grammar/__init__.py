"""The grammar of dates, shared by all languages; each module names the categories it makes. Rules are written as `patterns` says.

    numbers      int, dom (day of the month), year, amount
    clocks       clock, hour, clocks (from–to), part
    lengths      length
    dates        dated: 14 November, 3/4
    days         day: tomorrow, Friday, next Friday, the first Monday of May
    periods      period: weeks, months, quarters, years, weekends, seasons, edges of them
    ranges       range, bound: from–to, between, before, after, since, until
    daytimes     moment: a day with a time; in two hours
    recurrences  again: every Friday, daily, twice a week
    phrases      phrase: what is found

`RULES` are all of them, in the order of their precedence.
"""

from mailwright.codecs.dates.grammar import (
    clocks,
    dates,
    days,
    daytimes,
    lengths,
    numbers,
    periods,
    phrases,
    ranges,
    recurrences,
)

RULES = (
    *numbers.RULES,
    *clocks.RULES,
    *lengths.RULES,
    *dates.RULES,
    *days.RULES,
    *periods.RULES,
    *daytimes.RULES,
    *ranges.RULES,
    *recurrences.RULES,
    *phrases.RULES,
)
