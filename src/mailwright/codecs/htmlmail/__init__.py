"""HTML mail made safe to be shown: `sanitise` gives what may stand in a page, `document` the page around it.

    sanitise        a stranger's HTML to elements and attributes of `allowed_table`, pictures and links judged
    declarations    CSS declarations, property by property and value by value
    stylesheets     `<style>` blocks, rule by rule
    links           where a link leads, and whether its text says something else
    outline         how deeply it is nested, before a parser has to find out
    tracking_table  what pictures that only report a reader look like

Rules of the place: nothing that is not on a list passes; what a stranger wrote is never copied out but written anew from what was
understood; whoever cannot be understood is shown as text. The parser is nh3's (html5ever): browsers read what we read.
"""

from mailwright.codecs.htmlmail.sanitise import MAX_CHARACTERS, Clean, document, sanitise

__all__ = ["MAX_CHARACTERS", "Clean", "document", "sanitise"]
