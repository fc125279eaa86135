"""Keys and tokens: by their makers' prefixes, in PEM, in addresses with a password, and as noise beside a word like "token".

Called by `recognisers`. Promises: never raises; linear: long words are found first, and only in them is anything looked for.
Does not: find a key that is neither marked by its maker nor named in the text.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

from mailwright.codecs.redaction.finding import Found
from mailwright.codecs.redaction.reading import NEAR, Label, Reading

_LONG_WORD = re.compile(r"[A-Za-z0-9_\-.+/=~:]{12,}")
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{20,}"  # Anthropic, OpenAI, OpenRouter …
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}"
    r"|gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_.-]{20,}|glsa_[A-Za-z0-9_]{32,}"
    r"|xox[abceoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}"
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{20,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|key-[a-f0-9]{32}|(?:SK|AC)[a-f0-9]{32}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{50,}|rubygems_[a-f0-9]{40,}|dckr_pat_[A-Za-z0-9_-]{20,}"
    r"|hf_[A-Za-z0-9]{30,}|r8_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){0,2}"  # RFC 7519: a JSON web token
    r"|do[opr]_v1_[a-f0-9]{60,}|shp(?:at|ss|ca|pa)_[A-Fa-f0-9]{32,}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|EAA[A-Za-z0-9]{60,}"
    r"|ATATT3[A-Za-z0-9_=-]{50,}|lin_api_[A-Za-z0-9]{30,}|secret_[A-Za-z0-9]{40,}|ntn_[A-Za-z0-9]{40,}|figd_[A-Za-z0-9_-]{30,}"
    r"|hv[sb]\.[A-Za-z0-9_-]{20,}|tskey-[A-Za-z0-9-]{20,}|sntrys_[A-Za-z0-9_=+/-]{40,}|PMAK-[a-f0-9-]{50,}|NRAK-[A-Z0-9]{20,}"
    r"|sbp_[a-f0-9]{40}|re_[A-Za-z0-9]{6,}_[A-Za-z0-9]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|phx_[A-Za-z0-9]{30,}"
    r"|\d{8,10}:AA[A-Za-z0-9_-]{32,35}"  # Telegram
    r"|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,}|discord(?:app)?\.com/api/webhooks/\d{10,}/[A-Za-z0-9_-]{30,}"
    r")"
)
_END_OF_SENTENCE = ".:/+=~"

_PEM_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{3,50}-----")
_PEM_LINES = re.compile(
    r"(?:[ \t>\r]{0,4}\n?(?:\n|\\n)?[ \t>]{0,4}(?:[A-Za-z0-9+/]{16,100}={0,2}|[A-Za-z0-9+/]{1,100}={1,2}|(?:Proc-Type|DEK-Info|Version|Comment): [^\n]{1,80}))*"
)
_LONGEST_PEM = 20_000  # characters; RSA keys of 16384 bits have 12,700
# RFC 3986 §3.2.1: a password in an address, before the last "@" of the authority.
_ADDRESS = re.compile(r"://[^\s:@/\"'<>]{0,64}:(?=([^\s/\"'<>]{1,256})@)")

_GAP = re.compile(
    r"[^\n\w]{0,6}(?:\s?\([^()\n]{0,30}\)\s?)?"
    r"(?:[\w'’ ,-]{0,30}?(?:(?<![^\W_])(?:is|ist|lautet|est|es|e|are|was|to|jest|ar|er|on)(?![^\W_])|[:=]))?"
    r"[\s:=>\"'`“„«*]{0,6}\n?[\s\"'`“„«*]{0,4}(?:(?:bearer|basic|token) )?"
)
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.+/~]{7,511}={0,2}")
_NOISE_AHEAD = re.compile(r"[^\n]{1,64}?(?<![A-Za-z0-9_./=?&%-])([A-Za-z0-9_-]{20,256})(?![A-Za-z0-9_/@.-])")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ANY_KEY = frozenset(
    {"key", "keys", "token", "credential", "credentials", "cookie", "session", "cle", "llave", "seed", "sas"}
)
_NOISE = 16  # characters from which noise is told from a word
_CLOSE = 12  # characters: what a word so close before it names
_BITS = 2.9  # for each character, of 16 and more; sixteen different ones have 4.0, a word of English about 2.5


def keys(reading: Reading) -> Iterator[Found]:
    """Keys and tokens that carry their maker's prefix."""
    for word in _LONG_WORD.finditer(reading.text):
        for match in _PREFIXED.finditer(word[0]):
            written = match[0].rstrip(_END_OF_SENTENCE)
            start = word.start() + match.start()
            yield Found(start, start + len(written), "secret", written, 3)


def private_keys(reading: Reading) -> Iterator[Found]:
    """PEM blocks of private keys, whole, or as much as there is of them."""
    text, after = reading.text, 0
    ends: list[int] | None = None
    for begin in _PEM_BEGIN.finditer(text):
        if begin.start() < after:
            continue
        if ends is None:
            ends = [end.end() for end in _PEM_END.finditer(text)]
        index = bisect_right(ends, begin.end())
        if index < len(ends) and ends[index] - begin.start() <= _LONGEST_PEM:
            after = ends[index]
        else:
            lines = _PEM_LINES.match(text, begin.end(), begin.end() + _LONGEST_PEM)
            after = lines.end() if lines else begin.end()
        yield Found(begin.start(), after, "secret", text[begin.start() : after], 3)


def passwords_in_addresses(reading: Reading) -> Iterator[Found]:
    """The password of `postgres://ada:…@host`; host and user stay, they tell what it is for."""
    after = 0
    for match in _ADDRESS.finditer(reading.text):
        start, end = match.span(1)
        if start >= after and not re.fullmatch(r"[*x.]+|\$?\{.*\}|<.*>|%[sv]", match[1]):
            yield Found(start, end, "password", match[1], 3)
            after = end


def named_secrets(reading: Reading) -> Iterator[Found]:
    """Noise beside a word like "token": there it is a key, elsewhere it may be the checksum of a file."""
    for label in reading.named(("secret",)):
        found = _right_behind(reading, label) or _further_on(reading, label)
        if found is not None:
            yield found


def _right_behind(reading: Reading, label: Label) -> Found | None:
    gap = _GAP.match(reading.lower, label.end)
    token = _TOKEN.match(reading.text, gap.end() if gap else label.end)
    if token is None or _other_between(reading, label, token.start()):
        return None
    written = token[0].rstrip(".:/+~")
    joined = re.search(r"[:=]", reading.text[label.end : token.start()]) is not None
    if not _is_key(written, named=reading.lower[label.start : label.end], joined=joined):
        return None
    return Found(token.start(), token.start() + len(written), "secret", written, 2)


def _further_on(reading: Reading, label: Label) -> Found | None:
    """ "the token you need for the build server, …": what cannot be a word, on the same line."""
    token = _NOISE_AHEAD.match(reading.text, label.end)
    if token is None or _other_between(reading, label, token.start(1), near=_CLOSE):
        return None
    written = token[1]
    cases = any(map(str.islower, written)) and any(map(str.isupper, written))
    if (
        not (cases or re.fullmatch(r"[0-9a-f]{32,}", written))
        or sum(map(str.isdigit, written)) < 2
        or _bits(written) < _BITS
    ):
        return None
    return Found(token.start(1), token.end(1), "secret", written, 2)


def _other_between(reading: Reading, label: Label, end: int, *, near: int = NEAR) -> bool:
    between = reading.labels_between(max(label.end, end - near), end)
    return any(each.name not in ("secret", "password") for each in between)


def _is_key(written: str, *, named: str, joined: bool) -> bool:
    digits, letters = sum(map(str.isdigit, written)), sum(map(str.isalpha, written))
    if not digits or not letters or "//" in written or written.startswith(("/", "./", "~/")):
        return False
    if _UUID.fullmatch(written):
        return joined or named not in _ANY_KEY
    if re.fullmatch(r"[\d.:/+-]+[TtZzvx]?[\d.:/+-]*[Zz]?", written):  # a date, a time, a version
        return False
    if len(written) < _NOISE:
        cases = re.search(r"[a-z]", written) is not None and re.search(r"[A-Z]", written) is not None
        return joined and letters >= 2 and "." not in written and (digits >= 2 or cases)
    return _bits(written[:256]) >= _BITS and digits >= 2


def _bits(written: str) -> float:
    """Shannon's entropy of one character."""
    length = len(written)
    return -sum(count / length * math.log2(count / length) for count in Counter(written).values())
