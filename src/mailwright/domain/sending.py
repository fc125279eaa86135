"""How a send can fail: the words between the outbox and whoever carries a message out.

Raised by connectors, read by `core.dispatch`, told to people by `core.bounces`. Here because neither floor may know the other.
Promises: `text` is fit to be shown to the sender; it holds no secret and no mail text.
"""


class SendFailure(Exception):
    """One attempt did not succeed.

    `code` is the enhanced status of RFC 3463 (`4.4.1`). `reply` is what the other server said, on one line, when it said
    anything; `host` is its name.
    """

    default_code = "4.0.0"

    def __init__(self, text: str, code: str = "", *, reply: str = "", host: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code or self.default_code
        self.reply = reply
        self.host = host


class TemporaryFailure(SendFailure):
    """Not now; the same message may well be taken later."""


class OutcomeUnknown(TemporaryFailure):
    """The message was handed over and no answer came: it may have arrived. Tried again with the same Message-ID, and counted."""

    default_code = "4.4.2"


class PermanentFailure(SendFailure):
    """Never; trying again would get the same answer."""

    default_code = "5.0.0"


class Unavailable(SendFailure):
    """The service everything of a channel goes through is down: the message waits and no attempt of it is counted.

    `is_unsure`: this one may have arrived all the same, and is looked for before it is sent again.
    """

    default_code = "4.4.1"

    def __init__(self, text: str, code: str = "", *, reply: str = "", host: str = "", is_unsure: bool = False) -> None:
        super().__init__(text, code, reply=reply, host=host)
        self.is_unsure = is_unsure
