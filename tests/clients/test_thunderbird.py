"""Thunderbird reads, is told of new mail, marks, moves, deletes, searches, and sends: with its own windows, on a display of its own."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from imapclient import IMAPClient
from tests.clients import thunderbird
from tests.clients.conftest import letter, sign_in, until
from tests.clients.thunderbird import Thunderbird
from tests.servers.mailwright import DOMAIN, MailwrightServer

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(bool(thunderbird.why_not()), reason=thunderbird.why_not() or "it is there"),
]

NAME = "ada"
COUNT = 5


@pytest.fixture(scope="module")
def other(running: MailwrightServer) -> Iterator[IMAPClient]:
    """A second session of Ada, who has some mail."""
    client = sign_in(running, NAME)
    for number in range(1, COUNT + 1):
        client.append("INBOX", letter(f"Number {number}"))
    yield client
    client.logout()


@pytest.fixture(scope="module")
def bird(
    running: MailwrightServer, other: IMAPClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Thunderbird]:
    """Thunderbird with Ada's INBOX on the screen."""
    started = Thunderbird(running, NAME, Path(tmp_path_factory.mktemp("thunderbird")))
    try:
        started.run(_OPEN, COUNT)
        yield started
    finally:
        started.stop()


_OPEN = """
const server = account().incomingServer;
server.performExpand(null);
await until(() => server.rootFolder.descendants.length > 5, "the mailboxes");
pane().displayFolder(folder("INBOX"));
await until(() => subjects("INBOX").length == args[0], "the messages");
"""


def test_it_finds_the_mailboxes_and_what_they_are_for(bird: Thunderbird) -> None:
    flags = "return Object.fromEntries(account().incomingServer.rootFolder.descendants.map(f => [f.name, f.flags]))"
    found = bird.run(flags)
    # nsMsgFolderFlags: Inbox 0x1000, Trash 0x100, Sent 0x200, Drafts 0x400, Archive 0x4000, Junk 0x40000000
    wanted = {"INBOX": 0x1000, "Trash": 0x100, "Sent": 0x200, "Drafts": 0x400, "Archive": 0x4000, "Junk": 0x40000000}
    assert {name for name, flag in wanted.items() if found[name] & flag} == set(wanted)


def test_it_shows_a_message_and_that_makes_it_seen(bird: Thunderbird, other: IMAPClient) -> None:
    shown = bird.run(
        """
        pane().threadTree.selectedIndex = 1;
        const shown = () => pane().messageBrowser.contentWindow.document.getElementById("messagepane").contentDocument;
        return await until(() => shown()?.body?.textContent.includes("Body of") && shown().body.textContent, "the text");
        """
    )
    assert "Body of Number 2" in shown
    other.select_folder("INBOX")
    until(lambda: (other.noop() and other.search(["SEEN"]) == [2]) or None)


def test_it_is_told_of_mail_flags_and_removals_while_it_waits(
    bird: Thunderbird, other: IMAPClient, running: MailwrightServer
) -> None:
    with smtplib.LMTP("127.0.0.1", running.lmtp_port, timeout=20) as client:
        client.sendmail("chen@example.org", [f"{NAME}@{DOMAIN}"], letter("Just came"))
    bird.run('await until(() => subjects("INBOX").includes("Just came"), "the new message")')
    other.select_folder("INBOX")
    other.add_flags([1], [b"\\Flagged"])
    bird.run('await until(() => named("INBOX", "Number 1").isFlagged, "the star")')
    other.delete_messages([1])
    other.uid_expunge([1])
    bird.run('await until(() => !subjects("INBOX").includes("Number 1"), "the removal")')


def test_it_stars_tags_moves_and_deletes(bird: Thunderbird, other: IMAPClient) -> None:
    bird.run(
        """
        folder("INBOX").markMessagesFlagged([named("INBOX", "Number 3")], true);
        folder("INBOX").addKeywordsToMessages([named("INBOX", "Number 3")], "$label1");
        const listener = resolve => ({
          QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
          onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() { return null; },
          onStopCopy(status) { resolve(status); },
        });
        const status = await new Promise(resolve => MailServices.copy.copyMessages(
          folder("INBOX"), [named("INBOX", "Number 4")], folder("Archive"), true, listener(resolve), null, false));
        if (!Components.isSuccessCode(status)) { throw new Error(`moved: ${status}`); }
        folder("INBOX").deleteMessages([named("INBOX", "Number 5")], null, false, true, null, false);
        await until(() => !subjects("INBOX").includes("Number 5"), "the removal");
        """
    )
    other.select_folder("INBOX")

    def left() -> dict[bytes, tuple[bytes, ...]] | None:
        other.noop()
        fetched = other.fetch(other.search(), ["ENVELOPE", "FLAGS"]).values()
        found = {each[b"ENVELOPE"].subject: each[b"FLAGS"] for each in fetched if b"\\Deleted" not in each[b"FLAGS"]}
        return found if set(found) == {b"Number 2", b"Number 3", b"Just came"} else None

    assert {b"\\Flagged", b"$label1"} <= set(until(left)[b"Number 3"])
    assert other.folder_status("Archive", ["MESSAGES"]) == {b"MESSAGES": 1}
    assert other.folder_status("Trash", ["MESSAGES"]) == {b"MESSAGES": 1}


def test_it_makes_renames_and_removes_mailboxes(bird: Thunderbird, other: IMAPClient) -> None:
    bird.run(
        """
        const top = account().incomingServer.rootFolder;
        top.createSubfolder("Größe", null);
        await until(() => top.containsChildNamed("Größe"), "the mailbox");
        folder("Größe").rename("Maße", null);
        await until(() => top.containsChildNamed("Maße") && !top.containsChildNamed("Größe"), "its new name");
        """
    )
    names = {name for _, _, name in other.list_folders()}
    assert "Maße" in names
    assert "Größe" not in names


def test_it_searches_on_the_server(bird: Thunderbird) -> None:
    found = bird.run(
        """
        const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
        const term = session.createTerm();
        const value = term.value;
        value.attrib = Ci.nsMsgSearchAttrib.Body;
        value.str = "Body of Number 3";
        Object.assign(term, { attrib: value.attrib, op: Ci.nsMsgSearchOp.Contains, booleanAnd: true });
        term.value = value;
        session.appendTerm(term);
        session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, folder("INBOX"));
        const hits = [];
        await new Promise(resolve => {
          session.registerListener({
            QueryInterface: ChromeUtils.generateQI(["nsIMsgSearchNotify"]),
            onSearchHit(header) { hits.push(header.mime2DecodedSubject); },
            onSearchDone: resolve, onNewSearch() {},
          });
          session.search(null);
        });
        return hits;
        """
    )
    assert found == ["Number 3"]


def test_what_it_sends_arrives_and_is_in_sent_once_and_no_draft_is_left(
    bird: Thunderbird, other: IMAPClient, running: MailwrightServer
) -> None:
    bird.run(_WRITE, f"bashir@{DOMAIN}")
    for _ in range(2):  # the second draft takes the place of the first
        bird.run(_SAVE)
    other.select_folder("Drafts")
    until(lambda: (other.noop() and len(other.search(["UNDELETED"])) == 1) or None)
    bird.run(_SEND)
    until(lambda: (other.noop() and not other.search(["UNDELETED"])) or None)
    reader = sign_in(running, "bashir")
    reader.select_folder("INBOX")
    [uid] = until(lambda: (reader.noop() and reader.search(["SUBJECT", "Von Thunderbird: Grüße"], "UTF-8")) or None)
    assert b"User-Agent: Mozilla Thunderbird" in reader.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    other.select_folder("Sent")
    assert len(other.search(["SUBJECT", "Thunderbird"])) == 1
    reader.logout()


_WRITE = """
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
Object.assign(fields, { to: args[0], subject: "Von Thunderbird: Grüße", body: "Grüße aus dem Fenster.\\n" });
const parameters = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
Object.assign(parameters, {
  composeFields: fields, identity: account().defaultIdentity,
  type: Ci.nsIMsgCompType.New, format: Ci.nsIMsgCompFormat.PlainText,
});
MailServices.compose.OpenComposeWindowWithParams(null, parameters);
await until(() => {
  const found = Services.wm.getMostRecentWindow("msgcompose");
  return found?.gMsgCompose?.editor && found.document.getElementById("msgSubject").value
    && found.defaultController?.isCommandEnabled("cmd_sendNow");
}, "the window");
"""
_SAVE = """
const window = Services.wm.getMostRecentWindow("msgcompose");
window.gMsgCompose.editor.insertText("Mehr. ");
window.goDoCommand("cmd_saveAsDraft");
await until(() => !window.gWindowLocked && !window.gMsgCompose.bodyModified, "the draft");
"""
_SEND = """
const window = Services.wm.getMostRecentWindow("msgcompose");
window.goDoCommand("cmd_sendNow");
await until(() => window.closed, "the end of sending");
"""


def test_it_shows_a_mailbox_somebody_shares_once_it_is_subscribed_to(
    bird: Thunderbird, running: MailwrightServer
) -> None:
    owner = sign_in(running, "bashir")
    owner.create_folder("Team")
    owner.append("Team", letter("For all of us"))
    owner.setacl("Team", f"{NAME}@{DOMAIN}", "lrs")
    owner.logout()
    subjects = bird.run(
        """
        const server = account().incomingServer;
        const choice = server.QueryInterface(Ci.nsISubscribableServer);  // what the window for subscriptions uses
        await new Promise(resolve => {
          choice.subscribeListener = {
            QueryInterface: ChromeUtils.generateQI(["nsISubscribeListener"]), OnDonePopulating: resolve,
          };
          choice.startPopulating(null, true, false);
        });
        if (!choice.isSubscribable(args[0])) { throw new Error("it is not offered"); }
        choice.subscribe(args[0]);
        choice.subscribeCleanup();
        choice.commitSubscribeChanges();
        const found = await until(() => {
          server.performExpand(null);
          return server.rootFolder.descendants.find(each => each.name == "Team");
        }, "the mailbox");
        pane().displayFolder(found);
        return await until(() => [...found.messages].length && [...found.messages].map(each => each.mime2DecodedSubject), "its mail");
        """,
        f"Other Users/bashir@{DOMAIN}/Team",
    )
    assert subjects == ["For all of us"]
