"""Outreach: mails to one recipient each that the scribe writes, from the wish for one to what became of it.

Called by the scribe, its API, the command line, the public page and the pipeline's consumers.

    writing    `wishes` says what may be asked for, `importing` reads it out of a table, `making` makes mails and batches, `turns` says whose
               is written next, `batches` pauses and cancels, `templates` keeps a library, `generating` and `studio` are what drafts and reads
    looking    `views` finds and lists, `editing` (with `rewording`) changes what was written, `standing` says whose a mail is
    sending    `drafts`, `sending`, `letter`, `room` and `days` (how many a day), `withdrawing`, `settled` and `returned` (what became of it)
    manners    `etiquette`, `unsubscribing`, `refusals`: who is told what, and who wants none
    keeping    how long all of it is kept

Promises: a mail is a task of the agent `scribe` and moves only as `core.tasks` lets it; everybody reaches their own only; nothing here asks
a model or reads the web.
"""
