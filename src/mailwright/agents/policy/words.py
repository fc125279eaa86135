"""What the owner's own words say: which effects they ask for, and which addresses, names, hosts, files and ids they name.

Made by an agent's gather step of what the owner wrote now and earlier in the thread (never of what was quoted, forwarded or
attached), read by `judging`. Expects texts of somebody whose identity is proven; for anybody else `proven` is False.
Promises: plain code, bounded, never raises. A verb counts only as a request ("please send …", "kannst du … löschen?"), not when it is
told, asked about, negated or put in quotation marks; a passage that is only shown ("summarise the text below:", a fenced or
quoted block) names nothing. What is misread makes the monitor ask more often, not less.
Does not: understand. It finds words; that is why no mail can talk to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import urlsplit

from mailwright.agents.policy import sentences
from mailwright.agents.policy import words_table as table
from mailwright.agents.policy.effects import Action
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

MAX_READ = 20_000  # characters of all texts together: what somebody asks for stands on a few pages
MAX_CLAUSES = 400
MAX_TITLE = 120  # characters of a quotation that may be a title; a longer one is a passage


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence. `actions` are those it asks for; `words` its words in lower case, without addresses and links."""

    said: str
    actions: frozenset[Action]
    words: tuple[str, ...]
    addresses: frozenset[str]
    everybody: bool = False  # "everyone", "reply to all", "the same participants"
    oneself: bool = False  # "send me"
    pointing: bool = False  # "it", "the file": what it means stands in the sentence before
    pointing_at_somebody: bool = False  # "her", "ihnen"
    one_more_event: bool = False

    def mentions(self, name: str) -> bool:
        """Whether the words of `name` stand in it, one after the other."""
        wanted = spelled(name)
        return bool(wanted) and any(
            self.words[at : at + len(wanted)] == wanted for at in range(len(self.words) - len(wanted) + 1)
        )

    def calls(self, name: str) -> bool:
        """Whether it has the single word `name` as a name is written, with a capital: "Mark", and not "mark it"."""
        return re.search(rf"(?<![\w@.]){re.escape(name[:1].upper() + name[1:])}(?![\w@])", self.said) is not None

    def has_id(self, id_: str, kind: str) -> bool:
        """Whether it names a number of a kind: "file 13", "the mail with ID 13", "event #13"; a long one may stand alone."""
        number = id_.rpartition(":")[2]
        if not number or len(number) > 200:
            return False
        before = r"(?:\b(?:id|no\.?|nr\.?|number|nummer)|#)[\s:'\"]*"
        if len(number) >= 6 and any(c.isdigit() for c in number):
            before = ""
        elif kind not in {table.KINDS_OF_THINGS.get(word) for word in self.words}:
            return False
        else:
            before = f"(?:{before}|\\b(?:{'|'.join(map(re.escape, table.KINDS_OF_THINGS))})[\\s'\"]+)"
        return re.search(rf"{before}(?<![\w-]){re.escape(number)}(?![\w-])", self.said, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Delegation:
    """The owner hands over what a mail asks for: the one from this address, with this subject where one is given."""

    sender: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class OwnerWords:
    """All that somebody said. `asker` is their own address, `participants` those of the thread (address → name)."""

    clauses: tuple[Clause, ...] = ()
    asker: str = ""
    participants: Mapping[str, str] = field(default_factory=dict)
    urls: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()  # of the hosts those that are named as such, and not as a part of a URL
    delegations: tuple[Delegation, ...] = ()
    proven: bool = True

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        *,
        subject: str = "",
        participants: Iterable[str] = (),
        asker: str = "",
        proven: bool = True,
    ) -> OwnerWords:
        """Read what was said: texts the owner wrote, and the `subject` unless it is taken over from somebody's mail. `participants`:
        `Name <address>` or addresses, of those whom the owner addressed or who take part under a proven address; a stranger who
        names somebody's Message-ID is none of them."""
        if not proven:  # whoever wrote it, it is nobody's word
            return cls(asker=plain_address(asker), proven=False)
        clauses: list[Clause] = []
        urls: set[str] = set()
        hosts: set[str] = set()
        sites: set[str] = set()
        delegations: list[Delegation] = []
        room = MAX_READ
        for text in (*texts, "" if _TAKEN_OVER.match(subject) else subject):
            own = sentences.own(_as_seen(unicodedata.normalize("NFKC", text[:room])))
            room -= len(text[:room])
            urls.update(_urls(own))
            sites.update(_sites(own))
            hosts.update(sites, filter(None, map(host_of, _urls(own))))
            for said, masked in _sentences(own):
                if len(clauses) < MAX_CLAUSES:
                    clauses.append(_clause(said, masked))
                    delegations += _delegations(said, masked)
        known = {plain_address(address): name for name, address in map(parseaddr, participants) if "@" in address}
        return cls(
            tuple(clauses),
            plain_address(asker),
            known,
            frozenset(urls),
            frozenset(hosts),
            frozenset(sites),
            tuple(delegations),
        )

    def asks(self, action: Action) -> bool:
        """Whether anything asks for that kind of effect."""
        return any(action in clause.actions for clause in self.clauses)

    def about(self, action: Action, *, people: bool = False) -> tuple[Clause, ...]:
        """The sentences whose names count for an action: those that ask for it, those that ask for none, and the one before where a
        sentence only says "it" (for `people`: "her"). What is named for an invitation is not named for a deletion."""
        if not self.asks(action):
            return ()
        found = []
        for at, clause in enumerate(self.clauses):
            following = self.clauses[at + 1] if at + 1 < len(self.clauses) else None
            pointed_at = (
                following is not None
                and action in following.actions
                and (following.pointing_at_somebody if people else following.pointing)
            )
            if action in clause.actions or not clause.actions or pointed_at:
                found.append(clause)
        return tuple(found)

    def addresses(self, action: Action) -> frozenset[str]:
        """The addresses that are named for an action."""
        return frozenset(address for clause in self.about(action, people=True) for address in clause.addresses)

    def events_asked(self) -> int:
        """How many new events are asked for."""
        making = sum(1 for clause in self.clauses if clause.one_more_event)
        return making or int(self.asks(Action.INVITE))


def spelled(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case; of a file's name its ending, too."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", name[:300]).lower()))


def plain_address(text: str) -> str:
    """An address in the one spelling in which we compare, or nothing."""
    try:
        return str(Address.parse(parseaddr(text)[1] or text.strip())).lower()
    except BadAddress:
        return ""


def _as_seen(text: str) -> str:
    """The text without what cannot be seen, and without lines whose order was turned: somebody may have pasted there what they saw."""
    lines = ["" if _TURNED.search(line) else line for line in text.split("\n")]
    return "".join(c for c in "\n".join(lines) if unicodedata.category(c) != "Cf")


_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")


def host_of(url: str) -> str:
    """The host a URL names, in lower case and A-labels, or nothing."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        return host.encode("idna").decode().lower() if host else ""
    except (ValueError, UnicodeError):
        return ""


# --- sentences ---------------------------------------------------------------------------------------------------------------

_QUOTED = re.compile(
    r'(?<!\w)"[^"\n]{1,120}"|“[^”\n]{1,120}”|„[^“”\n]{1,120}[“”]|»[^«\n]{1,120}«|«[^»\n]{1,120}»'
    r"|(?<![\w])['‘][^'’\n]{1,120}['’](?!\w)"
)
_ADDRESS = re.compile(r"[\w.!#$%&*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"https?://[^\s<>\"'“”„)\]]{1,2000}", re.IGNORECASE)
_ENDING = re.compile(r"(?<=[.!?;:])\s+|\n+")
_SOFT = re.compile(r"(?<=[^\n.!?:;])\n(?=[a-zà-ÿ0-9(])")
_WORD = re.compile(r"[^\W_]+")


def _sentences(own: str) -> list[tuple[str, str]]:
    """Each sentence as it was said, and with quotations, addresses and links made unreadable for the search of verbs."""
    own = _SOFT.sub(" ", own)
    masked = own
    for pattern in (_QUOTED, _LINK, _ADDRESS):
        masked = pattern.sub(lambda found: "_" * len(found[0]), masked)
    out, begin = [], 0
    for end in [*_ENDING.finditer(masked), None]:
        stop = end.start() if end else len(masked)
        if masked[begin:stop].strip():
            out.append((own[begin:stop], masked[begin:stop]))
        begin = end.end() if end else stop
    return out


def _clause(said: str, masked: str) -> Clause:
    asked, one_more = sentences.actions(sentences.tokens_of(masked))
    bare = _ADDRESS.sub(" ", _LINK.sub(" ", said))
    plain = masked.lower()
    return Clause(
        said=said,
        actions=asked,
        words=spelled_all(bare),
        addresses=frozenset(filter(None, map(plain_address, _addresses(said)))),
        everybody=_EVERYBODY.search(plain) is not None,
        oneself=_ONESELF.search(plain) is not None,
        pointing=_POINTING.search(plain) is not None,
        pointing_at_somebody=_POINTING_AT_SOMEBODY.search(plain) is not None,
        one_more_event=one_more,
    )


def spelled_all(text: str) -> tuple[str, ...]:
    """Every word of a text in lower case."""
    return tuple(_WORD.findall(text.lower()))


def _addresses(said: str) -> list[str]:
    """The addresses of a sentence but those it leaves out: "not to eve@…", "except chen@…"; and those within a quotation of more."""
    said = _QUOTED.sub(lambda found: found[0] if _LIST_OF_ADDRESSES.fullmatch(found[0][1:-1]) else " ", said)
    return [
        found[0].rstrip(".!?") for found in _ADDRESS.finditer(said) if not _LEFT_OUT.search(said[: found.start()][-40:])
    ]


# "Re:", "WG:", "Ответ:", "回复：": a short word in every language; one that is no such mark only makes the monitor ask.
_TAKEN_OVER = re.compile(r"\s*[^\W\d_]{1,8}\s*(?:\[\d+\])?\s*[:\uff1a]")
_LIST_OF_ADDRESSES = re.compile(
    rf"\s*(?:(?:(?:[\w.-]+ ){{1,3}}<{_ADDRESS.pattern}>|<?{_ADDRESS.pattern}>?)[\s,;]*){{1,20}}"
)
_LEFT_OUT = re.compile(
    r"\b(?:not|never|except|without|but not|nicht|außer|ohne)(?:\s+(?:to|for|with|an|für|mit))?\s+['\"<]?$",
    re.IGNORECASE,
)
_EVERYBODY = re.compile(rf"(?<!\w)(?:{table.EVERYBODY})(?!\w)")
_ONESELF = re.compile(rf"(?<!\w)(?:{table.ONESELF})(?!\w)")
_POINTING = re.compile(rf"(?<!\w)(?:{table.POINTING})(?!\w)")
_POINTING_AT_SOMEBODY = re.compile(rf"(?<!\w)(?:{table.POINTING_AT_SOMEBODY})(?!\w)")


# --- delegations, links ------------------------------------------------------------------------------------------------------

_DELEGATING = re.compile(rf"(?<!\w)(?:{table.DELEGATING})", re.IGNORECASE | re.DOTALL)
_A_MAIL = re.compile(rf"(?<!\w)(?:{table.A_MAIL})(?!\w)", re.IGNORECASE)
_FILE_ENDINGS = frozenset(
    [
        "docx",
        "doc",
        "pdf",
        "csv",
        "tsv",
        "xlsx",
        "xls",
        "txt",
        "md",
        "json",
        "log",
        "xml",
        "yaml",
        "yml",
        "ics",
        "vcf",
        "html",
        "htm",
        "eml",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "py",
        "zip",
        "gz",
        "pptx",
        "ppt",
        "odt",
        "ods",
        "rtf",
        "sql",
        "sh",
        "js",
        "ts",
        "mp3",
        "mp4",
        "ini",
        "cfg",
        "toml",
    ]
)
_BARE_HOST = re.compile(
    r"(?<![\w@/.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}([a-z]{2,24})(?![\w@-])", re.IGNORECASE
)


def _delegations(said: str, masked: str) -> list[Delegation]:
    tokens = sentences.tokens_of(masked)
    found = _DELEGATING.search(masked)
    if found is None or not _A_MAIL.search(masked) or set(tokens) & table.NEGATIONS:
        return []
    titles = [quoted[0][1:-1] for quoted in _QUOTED.finditer(said) if not _ADDRESS.fullmatch(quoted[0][1:-1].strip())]
    return [
        Delegation(plain_address(address), titles[0].strip() if titles else "")
        for address in _addresses(said)
        if plain_address(address)
    ]


def _urls(own: str) -> Iterable[str]:
    return (found[0].rstrip(".,;:!?") for found in _LINK.finditer(own))


def _sites(own: str) -> Iterable[str]:
    for found in _BARE_HOST.finditer(_LINK.sub(" ", _ADDRESS.sub(" ", own))):
        if found[1].lower() not in _FILE_ENDINGS:
            yield found[0].lower()
