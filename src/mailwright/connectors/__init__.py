"""Connectors: the outside services we call, one small class each.

Rules of the place: a time-out on everything, a failure with a name (`domain.sending`) for every error, a contract test against
an emulator or the real server. Handed by `app.py` to whoever needs them, behind the interface that the user declares; they
know neither core nor each other's callers.

`dns` where mail for a domain goes · `smtp` a smart host, or direct to MX · `smtpsession` one connection, one message
"""
