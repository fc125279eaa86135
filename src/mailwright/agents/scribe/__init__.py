"""The scribe: a template and a recipient become a researched, personal mail whose every claim can be checked.

    workflow     one mail, four steps, each durable      stepping   how a step is declared, begun, finished, resumed
    parse        1: what the template asks for           research   2: two searches, pages, facts with quotes
    papers       3: scientific work, where it is about   compose    4: the mail, and what each sentence rests on
    evidence     whether a quote stands in a copy, and a sentence on its facts; `checking` does so with a whole letter
    filling      what placeholders stand for             lettering  the letter of the rules model, `by_rules` what it reads
    handing      whose turn it is, from events and every minute; mails and letters of workflows that died
    ending       how a mail ends                         giving_up  how it ends when a step cannot be done
    results      what steps hand to each other           web        the web as the scribe has it
    searching, pages     what the web is asked, and what it says      names, recipient, identity   who is meant
    passages, whose      of whom each sentence of a page tells        facts_by_rules, excerpts     what is picked out, what is shown
    turned       whether a sentence or a cut quotation says something else than its source
    sifting, disputes    which facts stand                            authorship                   whose papers
    templating   templates drafted from what their owner says of themselves (`templates_table`)
    prompts/     what a model is told

Rules of the place: everything from the web, papers and files is quoted to models between marks nobody can guess, and they have no tools;
what a model says is checked by code against the stored copy it names; what cannot be verified is dropped or marked.
"""

from mailwright.agents.scribe.handing import GROUP, STREAM, again, on_changed, on_dead, prepare, replayer, schedule
from mailwright.agents.scribe.parts import AGENT, Options, close, configure
from mailwright.agents.scribe.workflow import write

__all__ = [
    "AGENT",
    "GROUP",
    "STREAM",
    "Options",
    "again",
    "close",
    "configure",
    "on_changed",
    "on_dead",
    "prepare",
    "replayer",
    "schedule",
    "write",
]
