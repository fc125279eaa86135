"""HELP: what can be said here, and how (RFC 5321 §4.1.1.8)."""

from typing import TYPE_CHECKING

from mailwright.codecs.smtp import Help, Reply

if TYPE_CHECKING:
    from mailwright.protocols.smtp.connection import Connection

USAGE: dict[str, str] = {
    "HELO": "HELO <your host name>: hello, without extensions",
    "EHLO": "EHLO <your host name>: hello; the answer lists the extensions",
    "LHLO": "LHLO <your host name>: hello; the answer lists the extensions",
    "MAIL": "MAIL FROM:<address> [SIZE=n] [BODY=7BIT|8BITMIME] [SMTPUTF8]: begins a message; <> for a bounce",
    "RCPT": "RCPT TO:<address>: names one recipient; repeat it for more",
    "DATA": "DATA: the message follows, and ends with a line that is one dot",
    "RSET": "RSET: forgets the message begun",
    "NOOP": "NOOP: does nothing, politely",
    "QUIT": "QUIT: says goodbye",
    "VRFY": "VRFY <address>: never tells",
    "HELP": "HELP [command]: this",
    "STARTTLS": "STARTTLS: goes on under TLS; say hello again after it",
    "AUTH": "AUTH <mechanism>: signs in; EHLO lists the mechanisms",
}


def help_(connection: "Connection", command: Help) -> Reply:
    """One command's usage, or those of all that are offered here."""
    if command.topic:
        usage = USAGE.get(command.topic)
        return Reply(214, "2.0.0", usage) if usage else Reply(504, "5.5.4", "there is no help on that")
    offer = connection.session.offer
    hidden = {"HELO", "EHLO"} if offer.lmtp else {"LHLO"}
    hidden |= set() if offer.starttls else {"STARTTLS"}
    hidden |= set() if offer.mechanisms else {"AUTH"}
    return Reply(214, "2.0.0", "\n".join(usage for verb, usage in USAGE.items() if verb not in hidden))
