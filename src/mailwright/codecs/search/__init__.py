"""The words of searching, without an index.

    words     a text as the words people look for       query      what was typed, as clauses
    snippets  the stretch of a text that was found      days       days as they are typed
    document  a message as the index takes it  attachments  which of them are text, and which are files

Rules of the place: reading never raises and is linear; no index, no database, no clock.
"""
