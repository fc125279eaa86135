"""JMAP (RFC 8620, RFC 8621): mail over HTTP, for the webmail and other programs.

`frame` has the paths, `dispatch` runs the calls of a request in order, `methods` is the table of them, `standard` what /get,
/set, /changes and /query have in common; then one file for each type. Rules of the place: a handler reads and writes through
core and storage functions in small transactions and holds none while it waits; every id that comes from outside is looked up
within the `Scope` of the account it was asked of.
"""

from mailwright.protocols.jmap.frame import create_router

__all__ = ["create_router"]
