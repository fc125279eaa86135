"""Measures: what the design promises in figures, each printed as one JSON line, beside a peer where there is one.

Run by `make bench` or `python -m benchmarks [name …]`. Every server runs in a process of its own on this machine, with a data
folder made for the run; rounds of ours and of the peer's alternate, so that a neighbour's noise hits both, and the median is
what is said. Absolute figures differ from machine to machine; the ratios are what counts.
"""
