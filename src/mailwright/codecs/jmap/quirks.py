"""Kindness toward clients that break a rule, each with its name and the client it is for.

Read where it is applied; a captured example of each stands in the tests. Nothing else of JMAP is lenient.
"""

PLUS_AS_IT_IS = True
"""`…/x.json?type=application/ld+json` to download a file: RFC 8620 §6.2 has a URI template, which writes `%2B`, and a `+` in a query
is a space. Sent by jmap-jam, which puts what it is given into the template as it is. No media type has a space."""
