"""Evaluations: how good the models of an installation are at what they are asked here, on material of our own.

    judge/*.toml      mails with what they are: a task, an answer to a question of ours, or neither
    replies/*.toml    tasks, each with what a good reply has in it
    triage/*.toml     conversations of an inbox: what each mail is to its owner, and what a draft has in it
    claims/*.toml     sentences that promise, that give a value, and that do neither
    dates/            phrases that say when, in seven languages, and a peer that reads them; no model is asked

    mails      the labelled mails as the employee would get them          calibration   what a confidence is worth
    judging    asks a model to judge them                                 rubrics       what a reply is measured by
    replying   asks a model to do the tasks                               table         the one table all of it ends in
    redaction  measures what is hidden before a model sees a mail

    threads    the labelled conversations                         gathering     what the assistant gathers of one
    triaging   asks a model what a mail is, after the layer       drafting      asks a model for the drafts that are due
    inventing  tries the claim check                              draftrubrics  what a draft is measured by
    assisting  the assistant's rows of the table

Run by `make evals` or `python -m evals`. Without a key it measures the built-in rules model, and says so. Nothing of an
installation is read but its settings of models; no mail is sent.
"""
