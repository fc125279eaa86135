"""The words everyone shares: addresses, ids, time, envelopes, verdicts, events, task states and refusals.

Rules of the place: standard library only (and the UUIDv7 generator), frozen values, no I/O. What is parsed here is parsed
once, at the edge; no half-checked string travels further.
"""
