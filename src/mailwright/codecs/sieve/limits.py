"""How much a script may be, do and take. Read by the parser, the builder and the interpreter of this package."""

MAX_SCRIPT_OCTETS = 64 * 1024  # the largest that people write by hand has some 20 KiB
MAX_PROBLEMS = 20  # reported of one script; nobody reads on

# RFC 5228 §2.10.7: fifteen levels of nested blocks and of nested test lists must be supported; nobody needs more.
MAX_BLOCKS = 15
MAX_TESTS = 15

MAX_NUMBER = 2**63 - 1  # RFC 5228 §2.4.1: at least 2³¹ - 1; sizes in G exceed that

MAX_ACTIONS = 32  # executed for one message, RFC 5228 §2.10.4; flags and variables count for nothing
MAX_REDIRECTS = 5  # of these; RFC 5228 §10 (2) asks for a limit, since each multiplies the mail
MAX_STRING_CHARACTERS = 64 * 1024  # of one string after its variables were put in; the rest is cut off

# RFC 5229 §6: at least 128 variables of 4,000 characters with names of 32, and match variables up to 9.
MAX_VARIABLES = 256
MAX_VARIABLE_CHARACTERS = 8_000
MAX_VARIABLE_NAME = 64
MAX_MATCH_VARIABLE = 32

MAX_WORK = 30_000_000
"""Characters compared in one run, other work counted as so many. A real script needs some ten thousand; this many take a tenth of a
second, and then it fails."""

MAX_BODY_CHARACTERS = 256 * 1024  # of a message's text that `body` looks at; RFC 5173 §8 asks for a bound
MAX_BODY_PARTS = 200  # that `body` looks at

MAX_KEYWORDS = 32  # flags beside the system's that a script may set on one message
MAX_KEYWORD_CHARACTERS = 64

MAX_HEADER_VALUE = 4_000  # characters of a field that `addheader` writes; RFC 5293 §4: not less than 998
MAX_MAILBOX_CHARACTERS = 255  # of a name that `fileinto` gives

VACATION_DAYS = 7  # RFC 5230 §4.1: when the script names none
MAX_VACATION_DAYS = 90  # RFC 5230 §4.1: a maximum must be greater than 7 and should be greater than 30
