"""Keeping secrets that have an end or may change: the login of the database, certificates, what Vault and files hold.

Started by the application when its settings name any of these; `login` also by commands, which open the database themselves.
Rules of the place: nothing here stops the server. What cannot be renewed now is told in the log and tried again, well before its
end; a value that no part can take while it runs is named, with the words that a restart is needed.
"""
