"""The grammar of the commands about mailboxes: opening, naming, listing, sharing, quota and annotations.

Called by `grammar`, which has read the tag and the verb. Each parser reads the rest of one command or raises PeerError.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from mailwright.codecs.imap import names
from mailwright.codecs.imap.commands import Command
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.mailboxcommands import (
    Create,
    Delete,
    DeleteAcl,
    Examine,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    ListCommand,
    ListRights,
    Lsub,
    MyRights,
    QResync,
    Rename,
    Select,
    SetAcl,
    SetMetadata,
    SetQuota,
    Status,
    Subscribe,
    Unsubscribe,
)
from mailwright.codecs.imap.scanner import Scanner

STATUS_ITEMS = frozenset(
    {
        "MESSAGES",
        "UIDNEXT",
        "UIDVALIDITY",
        "UNSEEN",
        "DELETED",
        "SIZE",  # RFC 8438
        "RECENT",  # RFC 3501 §6.3.10
        "HIGHESTMODSEQ",  # RFC 7162 §3.1.7
        "MAILBOXID",  # RFC 8474 §4.3
        "APPENDLIMIT",  # RFC 7889 §4
        "DELETED-STORAGE",  # RFC 9208 §4.1.4
    }
)
SPECIAL_USES = {
    use.upper(): use for use in ("\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash")
}  # RFC 6154 §2
RIGHTS = frozenset("lrswipkxtea")  # RFC 4314 §2.1
OBSOLETE_RIGHTS = {"c": "k", "d": "xte"}  # RFC 4314 §2.1.1: what the letters of RFC 2086 stand for here
MAX_ENTRY_OCTETS = 1024  # of the name of an annotation
MAX_PATTERNS = 100  # of one LIST: each is matched with every mailbox

Parser = Callable[[Scanner, bytes], Command]


def _one_mailbox(make: Callable[[bytes, str], Command]) -> Parser:
    def parse(scan: Scanner, tag: bytes) -> Command:
        scan.space("the name of a mailbox")
        return make(tag, scan.mailbox())

    return parse


def _select(make: type[Select]) -> Parser:
    def parse(scan: Scanner, tag: bytes) -> Command:
        scan.space("the name of a mailbox")
        mailbox = scan.mailbox()
        condstore = False
        qresync: QResync | None = None
        if not scan.at_end():
            scan.space("(")
            for parameter in scan.listed(lambda: _select_parameter(scan), "CONDSTORE or QRESYNC"):
                if isinstance(parameter, QResync):
                    qresync = parameter
                else:
                    condstore = True
        return make(tag, mailbox, condstore, qresync)

    return parse


def _select_parameter(scan: Scanner) -> QResync | None:
    match scan.word("CONDSTORE or QRESYNC"):
        case "CONDSTORE":
            return None
        case "QRESYNC":
            return _qresync(scan)
        case _:
            raise PeerError(f"{scan.verb}: the parameters are CONDSTORE and QRESYNC")


def _qresync(scan: Scanner) -> QResync:
    # RFC 7162 §3.2.5: (uidvalidity mod-sequence [known-uids] [(known-numbers known-uids)])
    scan.space("(")
    scan.need(b"(", "( and the UIDVALIDITY")
    uidvalidity = scan.positive("the UIDVALIDITY")
    scan.space("a mod-sequence")
    modseq = scan.positive("a mod-sequence", wide=True)
    known = pairs = None
    if scan.take(b" "):
        if not scan.sees(b"("):
            known = scan.sequence_set(saved=False)
            if not scan.sees(b")"):
                scan.space("( and message numbers")
        if scan.take(b"("):
            numbers = scan.sequence_set(saved=False)
            scan.space("the UIDs of those messages")
            pairs = (numbers, scan.sequence_set(saved=False))
            scan.need(b")", ")")
    scan.need(b")", ")")
    return QResync(uidvalidity, modseq, known, pairs)


def _create(scan: Scanner, tag: bytes) -> Command:
    scan.space("the name of a mailbox")
    octets = scan.astring("the name of a mailbox")
    # RFC 9051 §6.3.4: a separator at the end says that there will be mailboxes below; the name is that without it.
    if len(octets) > 1:
        octets = octets.removesuffix(names.SEPARATOR.encode())
    mailbox = names.decode(octets, utf8=scan.utf8)
    uses: list[str] = []
    if not scan.at_end():
        scan.space("(")
        for given in scan.listed(lambda: _create_parameter(scan), "USE"):
            uses += given
    return Create(tag, mailbox, tuple(dict.fromkeys(uses)))


def _create_parameter(scan: Scanner) -> list[str]:
    if scan.word("USE") != "USE":
        raise PeerError("CREATE: the only parameter is USE")
    scan.space("( and attributes")
    return scan.listed(lambda: _special_use(scan), "an attribute like \\Drafts")


def _special_use(scan: Scanner) -> str:
    what = "an attribute like \\Drafts"
    scan.need(b"\\", what)
    use = SPECIAL_USES.get("\\" + scan.word(what))
    if use is None:
        # RFC 6154 §3: a use that cannot be given is refused with USEATTR.
        raise PeerError("no mailbox can have that use", code="USEATTR", condition="NO")
    return use


def _rename(scan: Scanner, tag: bytes) -> Command:
    scan.space("the name of a mailbox")
    mailbox = scan.mailbox()
    scan.space("its new name")
    return Rename(tag, mailbox, scan.mailbox())


def _list(scan: Scanner, tag: bytes) -> Command:
    scan.space("a reference")
    selection: frozenset[str] = frozenset()
    extended = False
    if scan.sees(b"("):
        # RFC 5258 §3.1, and RFC 6154 §5.2 for SPECIAL-USE.
        extended = True
        selection = _options(scan, frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"}))
        if "RECURSIVEMATCH" in selection and not selection & {"SUBSCRIBED", "SPECIAL-USE"}:
            raise PeerError("LIST: RECURSIVEMATCH needs another selection beside it")
        scan.space("a reference")
    reference = _pattern(scan, scan.astring("a reference"))
    scan.space("a pattern")
    if scan.sees(b"("):
        extended = True
        patterns = [_pattern(scan, octets) for octets in scan.listed(scan.list_mailbox, "a pattern")]
        if len(patterns) > MAX_PATTERNS:
            raise PeerError(f"LIST takes at most {MAX_PATTERNS} patterns", code="LIMIT", condition="NO")
    else:
        patterns = [_pattern(scan, scan.list_mailbox())]
    returns: frozenset[str] = frozenset()
    items: list[str] = []
    if not scan.at_end():
        scan.space("RETURN")
        if scan.word("RETURN") != "RETURN":
            raise PeerError("LIST: expected RETURN, or the end of the command")
        scan.space("(")
        extended = True
        returns = frozenset(scan.listed(lambda: _list_return(scan, items), "a return option", empty=True))
    return ListCommand(tag, reference, tuple(patterns), selection, returns, _once(items), extended)


def _options(scan: Scanner, known: frozenset[str]) -> frozenset[str]:
    found = frozenset(scan.listed(lambda: scan.word("an option"), "an option", empty=True))
    if not found <= known:
        # RFC 5258 §3: a client must not use options it has not seen offered; that is a BAD.
        raise PeerError(f"{scan.verb}: the options are {', '.join(sorted(known))}")
    return found


def _list_return(scan: Scanner, items: list[str]) -> str:
    option = scan.word("a return option")
    if option == "STATUS":
        # RFC 5819 §2.
        scan.space("( and what to say of each mailbox")
        items += scan.listed(lambda: _status_item(scan), "a status item")
    elif option not in ("SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "MYRIGHTS"):
        raise PeerError("LIST: the return options are CHILDREN, MYRIGHTS, SPECIAL-USE, STATUS and SUBSCRIBED")
    return option


def _pattern(scan: Scanner, octets: bytes) -> str:
    return names.decode_pattern(octets, utf8=scan.utf8)


def _lsub(scan: Scanner, tag: bytes) -> Command:
    scan.space("a reference")
    reference = _pattern(scan, scan.astring("a reference"))
    scan.space("a pattern")
    return Lsub(tag, reference, (_pattern(scan, scan.list_mailbox()),))


def _status(scan: Scanner, tag: bytes) -> Command:
    scan.space("the name of a mailbox")
    mailbox = scan.mailbox()
    scan.space("( and a status item")
    return Status(tag, mailbox, _once(scan.listed(lambda: _status_item(scan), "a status item")))


def _status_item(scan: Scanner) -> str:
    item = scan.word("a status item like MESSAGES")
    if item not in STATUS_ITEMS:
        raise PeerError(f"{scan.verb}: the status items are {', '.join(sorted(STATUS_ITEMS))}")
    return item


def _get_quota(scan: Scanner, tag: bytes) -> Command:
    scan.space("a quota root")
    return GetQuota(tag, scan.text("a quota root"))


def _set_quota(scan: Scanner, tag: bytes) -> Command:
    scan.space("a quota root")
    root = scan.text("a quota root")
    scan.space("( and limits")
    limits = scan.listed(lambda: _limit(scan), "a resource and its limit", empty=True)
    return SetQuota(tag, root, tuple(dict(limits).items()))


def _limit(scan: Scanner) -> tuple[str, int]:
    resource = scan.word("a resource like STORAGE")
    scan.space("its limit")
    return resource, scan.number64("a limit")


def _set_acl(scan: Scanner, tag: bytes) -> Command:
    mailbox, identifier = _mailbox_and_identifier(scan)
    scan.space("rights")
    rights = scan.text("rights")
    mode: Literal["replace", "add", "remove"] = "replace"
    if rights[:1] in ("+", "-"):
        mode = "add" if rights[0] == "+" else "remove"
        rights = rights[1:]
    for obsolete, letters in OBSOLETE_RIGHTS.items():
        rights = rights.replace(obsolete, letters)
    if not RIGHTS.issuperset(rights):
        # RFC 4314 §3.1: a right that is not recognized is answered with BAD.
        raise PeerError(f"SETACL: the rights are the letters {''.join(sorted(RIGHTS))}")
    return SetAcl(tag, mailbox, identifier, mode, frozenset(rights))


def _delete_acl(scan: Scanner, tag: bytes) -> Command:
    return DeleteAcl(tag, *_mailbox_and_identifier(scan))


def _list_rights(scan: Scanner, tag: bytes) -> Command:
    return ListRights(tag, *_mailbox_and_identifier(scan))


def _mailbox_and_identifier(scan: Scanner) -> tuple[str, str]:
    scan.space("the name of a mailbox")
    mailbox = scan.mailbox()
    scan.space("an identifier")
    identifier = scan.text("an identifier")
    if not identifier:
        raise PeerError(f"{scan.verb}: an identifier is not empty")
    return mailbox, identifier


def _get_metadata(scan: Scanner, tag: bytes) -> Command:
    options: dict[str, str] = {}
    scan.space("options or the name of a mailbox")
    if scan.sees(b"("):
        options.update(scan.listed(lambda: _metadata_option(scan), "MAXSIZE or DEPTH"))
        scan.space("the name of a mailbox")
    mailbox = _mailbox_or_server(scan)
    scan.space("the name of an entry")
    if not options and (scan.sees(b"(MAXSIZE ") or scan.sees(b"(DEPTH ")):
        # RFC 5464 §4.2.1: the grammar has the options before the mailbox, all its examples behind it.
        options.update(scan.listed(lambda: _metadata_option(scan), "MAXSIZE or DEPTH"))
        scan.space("the name of an entry")
    entries = scan.listed(lambda: _entry(scan), "the name of an entry") if scan.sees(b"(") else [_entry(scan)]
    size = int(options["MAXSIZE"]) if "MAXSIZE" in options else None
    match options.get("DEPTH", "0"):
        case "1":
            return GetMetadata(tag, mailbox, _once(entries), size, "1")
        case "INFINITY":
            return GetMetadata(tag, mailbox, _once(entries), size, "infinity")
        case _:
            return GetMetadata(tag, mailbox, _once(entries), size, "0")


def _metadata_option(scan: Scanner) -> tuple[str, str]:
    option = scan.word("MAXSIZE or DEPTH")
    scan.space("its value")
    if option == "MAXSIZE":
        return option, str(scan.number("a number of octets"))
    depth = scan.word("0, 1 or infinity")
    if option != "DEPTH" or depth not in ("0", "1", "INFINITY"):
        raise PeerError("GETMETADATA: the options are MAXSIZE with a number, and DEPTH with 0, 1 or infinity")
    return option, depth


def _set_metadata(scan: Scanner, tag: bytes) -> Command:
    scan.space("the name of a mailbox")
    mailbox = _mailbox_or_server(scan)
    scan.space("( and an entry")
    entries = scan.listed(lambda: _entry_and_value(scan), "an entry and its value")
    return SetMetadata(tag, mailbox, tuple(dict(entries).items()))


def _entry_and_value(scan: Scanner) -> tuple[str, bytes | None]:
    entry = _entry(scan)
    scan.space("a value")
    if scan.sees(b'"') or scan.sees(b"N") or scan.sees(b"n"):
        return entry, scan.nstring("a value in quotes or NIL")
    return entry, scan.literal("a value: a string or NIL", binary=True).data


def _entry(scan: Scanner) -> str:
    entry = scan.text("the name of an entry")
    # RFC 5464 §3: case-insensitive ASCII; levels begin with "/" and are not empty; no wildcards.
    fit = entry.isascii() and entry.isprintable() and entry.startswith(("/private/", "/shared/"))
    if not fit or "//" in entry or entry.endswith("/") or "*" in entry or "%" in entry or len(entry) > MAX_ENTRY_OCTETS:
        raise PeerError(f"{scan.verb}: the name of an entry is like /private/comment or /shared/comment")
    return entry.lower()


def _mailbox_or_server(scan: Scanner) -> str:
    octets = scan.astring("the name of a mailbox")
    return names.decode(octets, utf8=scan.utf8) if octets else ""  # RFC 5464 §4.2: empty is the server


Item = TypeVar("Item")


def _once(items: list[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))


MAILBOX_PARSERS: Mapping[str, Parser] = {
    "SELECT": _select(Select),
    "EXAMINE": _select(Examine),
    "CREATE": _create,
    "DELETE": _one_mailbox(Delete),
    "RENAME": _rename,
    "SUBSCRIBE": _one_mailbox(Subscribe),
    "UNSUBSCRIBE": _one_mailbox(Unsubscribe),
    "LIST": _list,
    "LSUB": _lsub,
    "STATUS": _status,
    "GETQUOTA": _get_quota,
    "GETQUOTAROOT": _one_mailbox(GetQuotaRoot),
    "SETQUOTA": _set_quota,
    "GETACL": _one_mailbox(GetAcl),
    "SETACL": _set_acl,
    "DELETEACL": _delete_acl,
    "LISTRIGHTS": _list_rights,
    "MYRIGHTS": _one_mailbox(MyRights),
    "GETMETADATA": _get_metadata,
    "SETMETADATA": _set_metadata,
}
