"""The scribe's evaluation: a small web of our own, recipients of whom it is known what is so, and what mails about them are worth.

world/<host>/      pages, as they are served; `rules.toml` says what is odd about some; `*.pdf.txt` become PDF files
world/papers.toml  what the service of papers knows
templates/*.txt    outreach templates in the languages of the recipients
people.toml        recipients, which pages are about them, and what a mail about them must not say

world      makes the tree that is served, and reads it as text, by other code than the scribe's
people     the recipients
writing    has the scribe write the mails, with everything real but the web
lying      a model that does what pages tell it to, and makes things up
checking   what is wrong with a mail that was written
"""
