"""What the steps hand to each other: typed values, kept as JSON in `outreach_steps`. A step's result is read, never changed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from mailwright.domain.outreach import About, TemplateType


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Parsed(_Kept):
    """Step 1. `background` and `publications` are the words of the two searches; `placeholders` as the template has them,
    `missing` those that nothing stands for; `language` a code like `en`."""

    type: TemplateType
    search_terms: tuple[str, ...] = ()
    background: str
    publications: str
    placeholders: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    language: str = "en"
    because: str = ""


class Fact(_Kept):
    """Something a source states: `quote` stands in the stored copy of source `source`, word for word (checked by code)."""

    number: int
    claim: str
    quote: str
    source: int
    about: About = About.RECIPIENT
    because: str = ""


class Read(_Kept):
    """What became of one page: `outcome` is read, cached, refused, failed, too-large, elsewhere (another person)."""

    url: str
    outcome: str
    because: str = ""


class Researched(_Kept):
    """Step 2. `facts` are of the recipient only, numbered from 1 through steps 2 and 3; `identity` says how the recipient was told from
    others; `certain` whether that is sure; `dropped` counts facts left out, by reason; `told` says in plain words what was not possible."""

    facts: tuple[Fact, ...] = ()
    pages: tuple[Read, ...] = ()
    searches: tuple[str, ...] = ()
    identity: str = ""
    certain: bool = False
    dropped: dict[str, int] = Field(default_factory=dict)
    told: str = ""


class Paper(_Kept):
    """One paper that is the recipient's; `source` is its number among the sources, `because` says why it is theirs."""

    title: str
    year: int
    url: str
    authors: tuple[str, ...] = ()
    source: int
    because: str = ""


class Papers(_Kept):
    """Step 3. `skipped` says why nothing was looked for; `others` counts papers of other people of that name."""

    papers: tuple[Paper, ...] = ()
    facts: tuple[Fact, ...] = ()
    others: int = 0
    skipped: str = ""


class Composed(_Kept):
    """Step 4: that the mail was written. The text itself is in `outreach`."""

    is_confident: bool
    dropped: int = 0
