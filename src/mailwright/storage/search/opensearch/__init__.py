"""The search index in OpenSearch.

    engine       the connection: what goes wrong, how long is waited
    mapping      what is kept of a message and how it is asked, as plain values
    generations  which generation answers, which one is being filled, who looks after them
    index        the contract of `KeptIndex`

Rules of the place: no other module imports `opensearchpy`, and this one only when the engine is asked; nothing that was sent to the
engine comes back in an error or a log.
"""
