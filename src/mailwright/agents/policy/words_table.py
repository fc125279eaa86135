"""Words that ask for an effect, in English and German: tables for `words`, pure data.

A verb counts only where it is a request (see `words`). English has the bare form; German the imperatives, and the infinitives that
stand at the end ("bitte … schicken", "kannst du … löschen?").
"""

from __future__ import annotations

from mailwright.agents.policy.effects import Action

ENGLISH: dict[Action, str] = {
    Action.SEND: (
        "send resend mail email e-mail forward reply respond write cc bcc notify inform tell ask message remind thank "
        "congratulate dispatch let pass"
    ),
    Action.INVITE: "invite schedule book arrange organise organize",
    Action.SHARE: "share publish grant give",
    Action.DELETE: "delete remove erase trash discard cancel wipe purge",
    Action.CHANGE: (
        "rename move reschedule change edit update modify append add insert replace postpone shift correct archive label "
        "extend shorten prepend overwrite"
    ),
}
GERMAN_IMPERATIVES: dict[Action, str] = {
    Action.SEND: (
        "sende sendet send schick schicke schickt maile mailt leite leitet antworte antwortet schreib schreibe schreibt "
        "informiere informiert benachrichtige benachrichtigt verschicke übersende erinnere frag frage sag sage"
    ),
    Action.INVITE: "lade ladet plane plant vereinbare vereinbart buche organisiere",
    Action.SHARE: "teile teilt gib gebt veröffentliche",
    Action.DELETE: "lösche lösch löscht entferne entfernt storniere storniert",
    Action.CHANGE: (
        "verschiebe verschiebt verlege ändere ändert aktualisiere ergänze ergänzt füge fügt trage tragt benenne benennt "
        "bearbeite ersetze archiviere verlängere kürze"
    ),
}
GERMAN_INFINITIVES: dict[Action, str] = {
    Action.SEND: (
        "senden schicken mailen leiten weiterleiten weiterzuleiten weitersenden verschicken versenden zuschicken zusenden übersenden antworten "
        "schreiben informieren benachrichtigen erinnern fragen mitteilen mitzuteilen"
    ),
    Action.INVITE: "einladen einzuladen laden planen vereinbaren buchen organisieren",
    Action.SHARE: "teilen geben freigeben veröffentlichen",
    Action.DELETE: "löschen entfernen stornieren absagen sagen",
    Action.CHANGE: (
        "verschieben verlegen fügen tragen benennen ändern aktualisieren ergänzen hinzufügen hinzuzufügen eintragen einzutragen umbenennen umzubenennen bearbeiten ersetzen archivieren "
        "verlängern kürzen"
    ),
}
ONLY_WITH: dict[str, tuple[str, ...]] = {
    # Verbs that ask for the effect only with another word of the same sentence.
    "let": ("know",),
    "pass": ("on", "along"),
    "write": ("to", "mail", "email", "e-mail", "message", "letter", "note"),
    "schreib": ("an", "mail", "e-mail", "nachricht"),
    "schreibe": ("an", "mail", "e-mail", "nachricht"),
    "schreiben": ("an", "mail", "e-mail", "nachricht"),
    "leite": ("weiter",),
    "leitet": ("weiter",),
    "lade": ("ein",),
    "ladet": ("ein",),
    "give": ("access", "permission", "permissions"),
    "grant": ("access", "permission", "permissions"),
    "gib": ("frei", "zugriff"),
    "gebt": ("frei", "zugriff"),
    "benenne": ("um",),
    "benennt": ("um",),
    "füge": ("hinzu", "an", "ein"),
    "fügt": ("hinzu", "an", "ein"),
    "trage": ("ein",),
    "tragt": ("ein",),
    "leiten": ("weiter",),
    "laden": ("ein",),
    "fügen": ("hinzu", "an", "ein"),
    "tragen": ("ein",),
    "benennen": ("um",),
    "geben": ("frei", "zugriff"),
    "sagen": ("ab",),
    "plan": ("meeting", "event", "call"),
}
MAKING = frozenset(
    [
        "create",
        "make",
        "add",
        "put",
        "set",
        "block",
        "enter",
        "erstelle",
        "erstellt",
        "erstellen",
        "lege",
        "legt",
        "anlegen",
        "mach",
        "mache",
        "trage",
        "eintragen",
        "setze",
    ]
)
"""With one of OF_A_CALENDAR in the same sentence, they ask for an event."""
OF_A_CALENDAR = frozenset(
    [
        "event",
        "events",
        "meeting",
        "meetings",
        "appointment",
        "appointments",
        "calendar",
        "invitation",
        "participants",
        "attendees",
        "invitees",
        "call",
        "termin",
        "termine",
        "besprechung",
        "besprechungen",
        "kalender",
        "kalendereintrag",
        "einladung",
        "teilnehmer",
        "teilnehmern",
        "ereignis",
    ]
)
TELLING = frozenset(
    [
        "tell",
        "inform",
        "notify",
        "ask",
        "remind",
        "let",
        "message",
        "write",
        "sag",
        "sage",
        "frag",
        "frage",
        "informiere",
        "informieren",
        "erinnere",
        "benachrichtige",
    ]
)
ME = frozenset(["me", "us", "mir", "mich", "uns"])
"""After a verb of TELLING: an answer is wanted, and no mail ("tell me …")."""
NEW = frozenset(["a", "an", "new", "one", "another", "ein", "eine", "einen", "neue", "neuen", "neues"])
INVITING_ONLY = frozenset(["invite", "lade", "ladet", "einladen", "einzuladen"])
"""They ask for people at an event, and not for one more event."""

SKIPPED = frozenset(
    [
        "please",
        "kindly",
        "also",
        "then",
        "and",
        "or",
        "now",
        "just",
        "next",
        "afterwards",
        "finally",
        "first",
        "second",
        "lastly",
        "so",
        "again",
        "directly",
        "simply",
        "once",
        "bitte",
        "auch",
        "dann",
        "und",
        "oder",
        "jetzt",
        "nun",
        "noch",
        "danach",
        "anschließend",
        "zuerst",
        "zuletzt",
        "doch",
        "mal",
        "einfach",
        "gleich",
        "hi",
        "hello",
        "hallo",
        "-",
        "*",
        "•",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "1)",
        "2)",
        "3)",
        "a)",
        "b)",
        "c)",
    ]
)
"""What may stand between the beginning of a sentence and its imperative."""
JOINING = frozenset([",", "and", "or", "then", "und", "oder", "dann", "sowie", "aber", "but"])
MODALS = frozenset(
    [
        "can",
        "could",
        "would",
        "will",
        "kannst",
        "könntest",
        "würdest",
        "magst",
        "willst",
        "können",
        "könnten",
        "würden",
        "möchten",
        "mögen",
    ]
)
BEFORE_TO = frozenset(["you", "forget", "remember", "sure", "certain", "care", "it's", "is", "task", "job", "goal"])
"""What stands before "to" in a request: "I want you to send", "don't forget to invite"."""
NEGATIONS = frozenset(
    [
        "not",
        "don't",
        "dont",
        "don’t",
        "never",
        "no",
        "without",
        "nothing",
        "nobody",
        "none",
        "cannot",
        "can't",
        "won't",
        "nicht",
        "nichts",
        "niemals",
        "nie",
        "kein",
        "keine",
        "keinen",
        "ohne",
        "niemandem",
        "niemanden",
        "keinesfalls",
    ]
)
FORGETTING = frozenset(["forget", "hesitate", "vergiss", "vergesst", "vergessen"])
"""After a negation they turn it round: "do not forget to invite Mark"."""

EVERYBODY = (
    r"everyone|everybody|every (?:one|person|participant|attendee|recipient)|each (?:one|person|participant|attendee|recipient|of them)"
    r"|reply[- ]all|reply to all|to all|all (?:of (?:them|us|you)|participants|attendees|recipients|people|members)|participants|attendees"
    r"|the others|the (?:whole )?team|both of them|us|alle[nr]?|jede[nmr]?|teilnehmer[n]?|beteiligten|empfänger[n]?|uns|das (?:ganze )?team"
)
ONESELF = r"me|myself|us|my (?:own )?(?:address|inbox|mail|e-?mail)|mir|mich|uns|meine (?:eigene )?(?:adresse|mail)"
POINTING = (
    r"it|them|this|that|these|those|him|her|the (?:file|document|event|meeting|mail|email|message|list|report|result|draft)"
    r"|es|ihn|ihm|ihr|sie|ihnen|dies(?:e[nmrs]?)?|das|den|die (?:datei|mail|nachricht|liste)|das (?:dokument|ergebnis)|den (?:termin|bericht)"
)
POINTING_AT_SOMEBODY = r"him|her|them|ihm|ihr|ihn|ihnen"
DELEGATING = (
    r"(?:do|perform|carry out|execute|complete|follow|handle|work through|take care of)\b.{0,60}?\b"
    r"(?:action|actions|task|tasks|todo|todos|to-dos|instruction|instructions|request|requests|steps|things|what|everything)\b"
    r"|(?:erledige|erledigen|führe|ausführen|befolge|arbeite|mach|mache)\b.{0,60}?\b"
    r"(?:aufgabe|aufgaben|aktionen|anweisung|anweisungen|punkte|was|alles|bitten|schritte)\b"
)
"""Somebody hands over what another mail asks for: it counts with the words for a mail, and its sender, in one sentence."""
A_MAIL = r"mail|email|e-mail|message|letter|nachricht|schreiben"
SUPERLATIVES: dict[str, str] = {
    # word → how a complete list is ordered: by what, and which end of it
    "largest": "-size",
    "biggest": "-size",
    "größte": "-size",
    "größten": "-size",
    "smallest": "+size",
    "kleinste": "+size",
    "kleinsten": "+size",
    "newest": "-at",
    "latest": "-at",
    "neueste": "-at",
    "neuesten": "-at",
    "oldest": "+at",
    "älteste": "+at",
    "ältesten": "+at",
}
KINDS_OF_THINGS: dict[str, str] = {
    "file": "file",
    "document": "file",
    "datei": "file",
    "dokument": "file",
    "event": "event",
    "meeting": "event",
    "appointment": "event",
    "termin": "event",
    "besprechung": "event",
    "mail": "message",
    "email": "message",
    "e-mail": "message",
    "message": "message",
    "nachricht": "message",
}
