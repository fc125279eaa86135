"""Follow-ups: what a person wants to be reminded of, from its making to its end.

Called by the concierge, its API, the administration and the command line. `making` makes them, `changing` moves what is there, `scanning`
finds what is due, `watching` ends those whose answer came, `settled` follows what becomes of what was sent, `agenda` says whose day is to
be told, `quiet` when nobody is to be reminded.
Promises: a follow-up moves only along `domain.followups.MOVES`, each move with a line of history and an event; nothing here sends.
"""
