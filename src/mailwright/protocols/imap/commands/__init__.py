"""One file per command: each asks core where there is something to ask, says its untagged lines, and gives back the tagged answer.

Called by `connection`, through the table below; the keys are the `name`s of the codec's commands. A command may raise a Refusal or
a PeerError instead of replying; any other exception is a bug, is recorded and answered with NO [SERVERBUG].
"""

from collections.abc import Mapping

from mailwright.codecs.imap.commands import ANSWER, DONE, GARBLED
from mailwright.protocols.imap.commands import (
    acl,
    append,
    authenticate,
    capability,
    close,
    compress,
    copy,
    create,
    delete,
    enable,
    expunge,
    fetch,
    garbled,
    id,
    idle,
    list,
    login,
    logout,
    metadata,
    move,
    namespace,
    noop,
    quota,
    rename,
    search,
    select,
    sort,
    starttls,
    status,
    store,
    subscribe,
    thread,
)
from mailwright.protocols.imap.connection import ANNOUNCED, Handler

HANDLERS: Mapping[str, Handler] = {
    # In any state
    "CAPABILITY": capability.capability,
    "NOOP": noop.noop,
    "LOGOUT": logout.logout,
    "ID": id.id_,
    "COMPRESS": compress.compress,
    GARBLED: garbled.garbled,
    # Before signing in
    "STARTTLS": starttls.starttls,
    "LOGIN": login.login,
    "AUTHENTICATE": authenticate.authenticate,
    ANSWER: authenticate.answer,
    # Signed in
    "ENABLE": enable.enable,
    "CREATE": create.create,
    "DELETE": delete.delete,
    "RENAME": rename.rename,
    "SUBSCRIBE": subscribe.subscribe,
    "UNSUBSCRIBE": subscribe.subscribe,
    "LIST": list.list_,
    "LSUB": list.list_,
    "NAMESPACE": namespace.namespace,
    "STATUS": status.status,
    "APPEND": append.append,
    ANNOUNCED: append.announced,
    "GETQUOTA": quota.get_quota,
    "GETQUOTAROOT": quota.get_quota_root,
    "SETQUOTA": quota.set_quota,
    "GETACL": acl.get_acl,
    "SETACL": acl.set_acl,
    "DELETEACL": acl.delete_acl,
    "LISTRIGHTS": acl.list_rights,
    "MYRIGHTS": acl.my_rights,
    "GETMETADATA": metadata.get_metadata,
    "SETMETADATA": metadata.set_metadata,
    "IDLE": idle.idle,
    DONE: idle.done,
    "SELECT": select.select,
    "EXAMINE": select.select,
    # With a mailbox selected
    "CHECK": noop.noop,
    "CLOSE": close.close,
    "UNSELECT": close.unselect,
    "EXPUNGE": expunge.expunge,
    "UID EXPUNGE": expunge.expunge,
    "SEARCH": search.search,
    "SORT": sort.sort,
    "THREAD": thread.thread,
    "FETCH": fetch.fetch,
    "STORE": store.store,
    "COPY": copy.copy,
    "MOVE": move.move,
}
