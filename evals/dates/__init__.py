"""How well dates are understood: phrases of everyday mails in seven languages, each with all its readings.

    tests/codecs/dates/phrases/*.tsv   the material, a table for each language, written here; the tests run all of it
    unseen/*.tsv                       more of it, which the code was not written to; no test runs it

    phrases       reads the tables; says whether what was found is right
    measuring     counts it by language, ours and the peer's
    peer          dateparser, asked the same
    recognizers   the same figures on a folder of Microsoft's Recognizers-Text specs, which is not part of this project

Called by the command (`python -m evals --only dates`) and by the tests. No model is asked and no network is used.
"""
