"""Emails (RFC 8621 §4): a file for each method, and what several of them share (`keywords`, `creating`)."""
