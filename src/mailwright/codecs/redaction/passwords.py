"""Passwords, PINs and codes: what a text itself calls one.

Called by `recognisers`. A label ("Passwort", "mot de passe", "PIN") and what follows it: behind a colon almost anything, behind
"is" only what no sentence would hold. Promises: never raises; bounded work for each label.
Does not: know a password that is an ordinary word in a sentence ("the password is sunshine") unless it is quoted.
"""

import re
from collections.abc import Iterator
from itertools import islice

from mailwright.codecs.redaction.finding import Found
from mailwright.codecs.redaction.reading import CODE, Label, Reading

_IS = (
    "is|was|are|ist|lautet|war|est|etait|es|era|sera|e|eh|jest|to|ar|er|on|je|sind|sont|son|sono|sao|now|neu|nun|jetzt|set to|reset to|"
    "changed to|lyder|wordt|luidt|bedzie|soll|sei"
)
_BRACKET = r"(?:\s?\([^()\n]{0,40}\)|\s?\[[^\[\]\n]{0,40}\])?"
_OPEN, _CLOSE = "\"'`“„«‚‘*_「『", "\"'`”“»’*_」』"
_JOINED = re.compile(
    rf"[*_\"'`]{{0,3}}{_BRACKET}[*_\"'`]{{0,3}}[ \t]{{0,3}}(?:[:=：]|=>|->)[*_]{{0,2}}[ \t]{{0,8}}\n?[> \t]{{0,8}}"
)
_JOINED_FAR = re.compile(r"[^\n:=?!.]{1,48}[:=][ \t]{0,4}\n?[> \t]{0,8}")
_SAID = re.compile(
    rf"[ \t\n](?:{_IS}|auf|en|a|till|til|naar|na|with|mit|com|con)[ \t\n:]{{1,4}}(?:(?:now|jetzt|nun|ab sofort|le|la|der|die|das|el|il|the|set to) )?"
)
_SENTENCE = re.compile(
    r"[^\n:=?!.]{0,100}(?:\.(?=\S)[^\n:=?!.]{0,40})?\n?[^\n:=?!.]{0,24}"
)  # what may stand between a label and its value
_MOST_SAID = 4  # words like "is" that are tried
_BARE = re.compile(r"[ \t]{1,2}|は|是|为")
_QUOTED = re.compile(r"[*_]{0,2}[\"'`“„«‚‘「『][ \u00a0]?([^\n\"'`“”„«»‚‘’「」『』]{3,128}?)[ \u00a0]?[\"'`”“»’」』]")
_ASIDE = re.compile(r"[^\W\d_]{2,14}[ \t]")  # "… ist übrigens …"
_VALUE = re.compile(r"\S{3,128}")
_DIGITS = re.compile(r"\d{3,4}[ -]?\d{3,4}(?![\w])|\d{4,10}(?![\w])")
_PHRASE = re.compile(r"[a-z]{3,12}(?:[ -][a-z]{3,12}){2,11}(?=[\s.,;]*(?:\n|$))")
_CODE_BEFORE = re.compile(
    r"(?<![\w.,-])([a-z]-)?(\d{3}[ -]?\d{3}|\d{4,8})\s(?:is|ist|est|es|e|jest|ar|er|to|sera)\s(?:[^\W\d]{1,6}\s){1,2}(?:[^\W\d]{1,16}\s){0,2}$"
)
_AS_PASSWORD = re.compile(
    r"(?<!\S)(?:[\"'`“„«‚‘]([^\s\"'`“”„«»‚‘’]{4,64})[\"'`”“»’]|(\S{5,64}))\s(?:as|als|comme|como|come|jako|som|is|ist|est|es)\s(?:[^\W\d_]{1,9}\s){0,2}$"
)
_CODES = re.compile(
    r"pin|puk|tan\b|otp|code|codigo|codice|kod|2fa|暗証|验证|認証|인증|clave|password|passwor|mdp|senha|haslo|heslo|parola|sifre|κωδ|парол"
)
_USED = re.compile(
    r"\s{1,2}(\d{4,8})(?=\s(?:to|for|um|zum|pour|para|per|om|aby|for at|att)\s(?:[^\W\d]{1,9}\s){0,3}(?:sign|log|verif|confirm|access|anmeld|best|ein|connect|inic|entr|acced|inlog|zalog))"
)
_USER_AND = re.compile(
    r"(?:user|username|user name|login|account|name|benutzer|benutzername|nutzer|utilisateur|identifiant|usuario|utente|e-?mail)\s?[/&+|,]\s?$"
)
_SECOND = re.compile(r"[^\s/|,]{1,64}\s?[/|,]\s?")
_QUOTED_BEHIND = re.compile(r"[ :=]{1,3}[\"'`“„«‚‘「『]([^\s\"'`“”„«»‚‘’「」『』]{8,128})[\"'`”“»’」』]")
_LETTER_AND_DIGIT = re.compile(r"^(?=.*[^\W\d_])(?=.*\d)")
_COMMANDS = (
    re.compile(
        r"(?i)\b(?:enter|type|use|gib|geben sie|saisissez|entrez|introduzca|introduce|inserisci|digite|voer)\s(\d{4,8})\s(?:in|ein|to|pour|para|per|om)\b"
        r"(?=[^\n.]{0,40}(?:sign|log|verif|confirm|anmeld|connect|ses|acced))"
    ),
    re.compile(
        r"(?i)\b(?:log-?ins?|credentials?|creds|zugang|zugangsdaten|anmeldung|acc[eè]s|acceso|accesso|inlog)\b[^\n/]{0,32}?[ :=]"
        r"[^\s/]{2,40} ?/ ?(?=[^\s/]{0,40}\d)(?=[^\s/]{0,40}[a-z])([^\s/,;]{5,64})(?![^\s,;.])"
    ),
    re.compile(
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass|mongosh?)\b[^\n|;]{0,80}?\s-p[ '\"]?(?!\s)([^\s'\"]{4,64})"
    ),
    re.compile(r"\bcurl\b[^\n|;]{0,80}?\s(?:-u|--user)[ =]?['\"]?[^\s:'\"]{1,64}:([^\s'\"@]{3,64})"),
)
_NOTHING = re.compile(
    r"[*•x.…_-]{3,}|<[^>]*>?|\$?\{.*|\[[^\]]*\]?|%\w.*|\$\w+|(?:os|process|env|config|settings|self|getenv)\b[.(\[].*|https?://.*|[(/|].*|&\w*;?"
)
_NONE_OF_THEM = """
    see siehe siehs voir vea vedi zie zobacz none null nil true false required optional unchanged same wrong incorrect invalid expired
    forgotten reset change changed missing empty hidden sent separately soon below above please bitte merci when wenn must muss should
    obligatoire requis keins keine kein leer unknown unbekannt n/a tbd todo n.a. redacted removed not nicht will kommt folgt string str
    text char varchar
"""
_STOP = frozenset(_NONE_OF_THEM.split())


def passwords(reading: Reading) -> Iterator[Found]:
    """What stands behind (or, for a code, just before) a word for password."""
    after = 0
    for label in reading.named(("password", "passport", CODE)):
        if label.start < after:  # inside of a password
            continue
        found = _behind_user(reading, label) or _BY_NAME[label.name](reading, label)
        if found is not None:
            after = found.end
            yield found
    for label in reading.named(("secret",)):
        quoted = _QUOTED_BEHIND.match(reading.text, label.end)
        if quoted is not None and _mixed(quoted[1]) and _LETTER_AND_DIGIT.search(quoted[1]):
            yield Found(quoted.start(1), quoted.end(1), "password", quoted[1], 2)
    for pattern in _COMMANDS:
        for match in pattern.finditer(reading.text):
            if not _NOTHING.fullmatch(match[1]):
                yield Found(match.start(1), match.end(1), "password", match[1], 2)


def _behind(reading: Reading, label: Label) -> Found | None:
    named = reading.lower[label.start : label.end]
    code, phrase = _CODES.search(named) is not None, "phrase" in named
    joined = _JOINED.match(reading.text, label.end)
    if joined is not None:
        return _value(reading, joined.end(), trust=2, code=code, phrase=phrase)
    for at in _said(reading, label):
        found = _value(reading, at, trust=1, code=code, phrase=phrase)
        aside = _ASIDE.match(reading.text, at) if found is None and reading.text[at - 1] != "\n" else None
        if aside is not None:
            found = _value(reading, aside.end(), trust=0, code=code, phrase=False)
        if found is not None:
            return found
    for joint, trust in ((_BARE, 0), (_JOINED_FAR, 1)):
        match = joint.match(reading.text, label.end)
        found = _value(reading, match.end(), trust=trust, code=code, phrase=phrase) if match else None
        if found is not None:
            return found
    return None


def _said(reading: Reading, label: Label) -> list[int]:
    """Where a value may begin behind an "is" of the label's sentence."""
    sentence = _SENTENCE.match(reading.lower, label.end)
    end = sentence.end() if sentence else label.end
    return [match.end() for match in islice(_SAID.finditer(reading.lower, label.end, end + 4), _MOST_SAID)]


def _code(reading: Reading, label: Label) -> Found | None:
    """A bare "code" is a secret one only with digits right behind it: "the garage code is 4711", "use code 471100 to sign in"."""
    if reading.label_of(label.start, label.start + 1, near=2) == "other":  # "zip codes"
        return None
    digits = _USED.match(reading.lower, label.end)
    joints = (joint.match(reading.text, label.end) for joint in (_JOINED, _JOINED_FAR))
    for at in (*_said(reading, label), *(joint.end() for joint in joints if joint)):
        digits = digits or _DIGITS.match(reading.text, at)
    if digits is None:
        return _before(reading, label)
    if reading.labels_between(label.end, digits.start()) or _goes_on(reading.text, digits.end()):
        return None
    start, end = digits.span(1 if digits.re is _USED else 0)
    return Found(start, end, "password", re.sub(r"[ -]", "", reading.text[start:end]), 1)


def _pass(reading: Reading, label: Label) -> Found | None:
    """ "pass" is a passport in many languages, and a password with a colon in all of them."""
    if reading.lower[label.start : label.end] != "pass":
        return None
    match = _JOINED.match(reading.text, label.end)
    return _value(reading, match.end(), trust=2, code=False, phrase=False) if match else None


def _behind_user(reading: Reading, label: Label) -> Found | None:
    """The second of "user / password: ada / …"."""
    if not _USER_AND.search(reading.lower, max(0, label.start - 24), label.start):
        return None
    match = _JOINED.match(reading.text, label.end)
    second = _SECOND.match(reading.text, match.end()) if match else None
    return _value(reading, second.end(), trust=2, code=False, phrase=False) if second else None


def _before(reading: Reading, label: Label) -> Found | None:
    """ "471100 is your code", "use … as the password"."""
    start = max(0, label.start - 60)
    match = _CODE_BEFORE.search(reading.lower[start : label.start])
    if match is not None:
        return Found(start + match.start(2), start + match.end(2), "password", re.sub(r"[ -]", "", match[2]), 2)
    start = max(0, label.start - 100)
    match = _AS_PASSWORD.search(reading.text[start : label.start]) if label.name == "password" else None
    if match is None or not (match[1] or _mixed(match[2])):
        return None
    group = 1 if match[1] else 2
    return Found(start + match.start(group), start + match.end(group), "password", match[group], 2)


def _password(reading: Reading, label: Label) -> Found | None:
    return _behind(reading, label) or _before(reading, label)


_BY_NAME = {"password": _password, "passport": _pass, CODE: _code}


def _goes_on(text: str, end: int) -> bool:
    """Whether digits that end there are a part of an amount, a date, a time."""
    return re.match(r"[.,:/-]\d|\s?[%€$£]", text[end : end + 2]) is not None


def _value(reading: Reading, at: int, *, trust: int, code: bool, phrase: bool) -> Found | None:
    text = reading.text
    quoted = _QUOTED.match(text, at)
    if quoted is not None and (trust or _mixed(quoted[1])) and not _NOTHING.fullmatch(quoted[1]):
        return Found(quoted.start(1), quoted.end(1), "password", quoted[1], 2)
    if phrase and trust:
        words = _PHRASE.match(text, at)
        if words is not None:
            return Found(words.start(), words.end(), "password", words[0], 2)
    digits = _DIGITS.match(text, at) if code else None
    if digits is not None and (trust or len(digits[0]) >= 4) and not _goes_on(text, digits.end()):
        return Found(digits.start(), digits.end(), "password", re.sub(r"[ -]", "", digits[0]), 2)
    word = _VALUE.match(text, at)
    if word is None:
        return None
    bare = word[0].lstrip(_OPEN)
    start = word.start() + len(word[0]) - len(bare)
    bare = _end_of_sentence(bare)
    if len(bare) < 3 or _NOTHING.fullmatch(bare) or bare.lower().rstrip(".,;:!?") in _STOP:
        return None
    if _mixed(bare) or (trust == 2 and _alone(text, start + len(bare))):
        return Found(start, start + len(bare), "password", bare, 2)
    return None


def _mixed(written: str) -> bool:
    """Whether no sentence would hold it: letters with digits or signs among them, large letters inside."""
    inside = written.strip(".,;:!?()")
    if not inside or _ORDINARY.fullmatch(inside):
        return _LARGE_INSIDE.fullmatch(inside) is not None
    letters, digits = sum(map(str.isalpha, inside)), sum(map(str.isdigit, inside))
    signs = len(inside) - letters - digits
    return len(inside) >= 4 and bool(digits or signs) and bool(letters or signs)


_ORDINARY = re.compile(r"[\d.,:/-]+(?:[a-z]{1,2}|%)?|[^\W\d_]+(?:[-'’/][^\W\d_]+)*|.*://.*|[^\s@]+@[^\s@]+\.\w+")
_LARGE_INSIDE = re.compile(r"[a-z]+[A-Z][A-Za-z]*")
_END_OF_LINE = re.compile(r"[*_\"'`”»)\]]{0,3}[ \t]{0,4}(?:[,;.|]|\r?\n|$|[/(])")
_CLOSED = re.compile(r"[\"'`”“»’」』<>]")


def _alone(text: str, end: int) -> bool:
    """Whether nothing more of a sentence follows on the line."""
    return _END_OF_LINE.match(text, end, end + 12) is not None


def _end_of_sentence(written: str) -> str:
    """Without what ends a sentence or a quotation; "!" stays, passwords like it."""
    closed = _CLOSED.search(written, 3)
    if closed:
        written = written[: closed.start()]
    return written.rstrip(".,;:)*`。、，；")
