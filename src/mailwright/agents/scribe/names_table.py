"""Words that stand around names: titles, particles, and what tells that a sentence is about somebody else. Plain data of seven languages."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES: Final = _words(
    "dr drs prof professor professorin professeur professora profesor profesora professore professoressa mr mrs ms miss mx sir dame lord lady "
    "herr herrn frau fräulein monsieur madame mademoiselle mme mlle señor señora sr sra srta dott dottore dottoressa dottssa signor signora sig "
    "ing dipl med phil rer nat habil hc hon rev fr sr dhr mevr mevrouw meneer dra doutor doutora pd priv doz mag ir univ emeritus emerita "
    "doctor docteur author autor autorin autora auteur autrice scientist researcher chemist physicist biologist historian poet novelist writer "
    "engineer colleague director president ceo cto founder judge captain"
)
"""Words before a family name that are no part of the name, as `fold` spells them or as they are written."""

AFTER: Final = _words("phd msc bsc ma ba mba dphil md facs frs frse esq cbe obe mbe llm")
SUFFIXES: Final = {
    "jr": "jr",
    "junior": "jr",
    "jun": "jr",
    "sr": "sr",
    "senior": "sr",
    "sen": "sr",
    "ii": "ii",
    "iii": "iii",
    "iv": "iv",
}

PARTICLES: Final = _words(
    "van von vom der den de du des del della delle di da das do dos la le les lo el al ben bin ibn ter ten te zu zur zum af av op "
    "mac st saint san santa"
)

RELATIVES: Final = _words(
    "student students postdoc colleague colleagues brother sister wife husband partner son daughter father mother supervisor adviser advisor "
    "predecessor successor namesake assistant friend cousin nephew niece uncle aunt boss coach manager teammate rival critic biographer "
    "schüler schülerin doktorand doktorandin student studentin kollege kollegin bruder schwester frau mann sohn tochter vater mutter "
    "nachfolger nachfolgerin vorgänger vorgängerin doktorvater élève étudiant étudiante collègue frère soeur sœur femme mari fils fille père "
    "mère alumno alumna colega hermano hermana esposa esposo hijo hija padre madre allievo allieva collega fratello sorella moglie marito "
    "figlio figlia leerling broer zus vrouw zoon dochter vader moeder aluno aluna irmão irmã filho filha pai mãe"
)
"""Of "Ada Byron's student": what is told then is told of somebody else."""

NAMESAKES: Final = (
    r"not to be confused with|confus(?:e|ed|ion) with|of the same name|same name|namesakes?|may refer to|several people named|other people "
    r"named|another [^\s]{1,40} [^\s]{1,40},|no relation|not related to|unrelated to|nicht (?:zu )?verwechseln|verwechsl|gleichen namens|"
    r"namensvetter|namensgleich|homonyme|à ne pas confondre|même nom|homónim|no confundir|mismo nombre|omonim|da non confondere|stesso nome|"
    r"niet te verwarren|naamgenoot|não confundir|mesmo nome|disambiguation|begriffsklärung"
)
"""What says that two people share a name."""

PRONOUNS: Final = _words(
    "he she they his her hers their theirs him them er sie ihr ihre ihrem ihren ihrer sein seine seinem seinen seiner il elle elles son sa ses "
    "él ella su sus lui lei suo sua suoi sue egli hij zij ze zijn haar ele ela seu sua seus suas"
)
FIRST_PERSON: Final = _words(
    "i my mine me we our ich mein meine meinen meiner meinem je j mon ma mes yo mi mis io mio mia ik mijn eu meu minha"
)

SINGULAR: Final = _words(
    "he she his her hers him er seine seinem seinen seiner elle él ella lui lei egli hij zij ele ela"
)
DEMONSTRATIVES: Final = (
    r"(?:the|this|der|die|das|le|la|l['’]|el|il|lo|de|het|o|a) (?:\w{1,20} ){0,2}?(?:author|professor|researcher|scientist|chemist|physicist|"
    r"biologist|ecologist|historian|novelist|writer|poet|engineer|founder|director|autorin?|forscherin?|wissenschaftlerin?|auteure?|"
    r"chercheu(?:r|se)|autora?|investigadora?|autrice|ricercat(?:ore|rice)|schrijver|onderzoek(?:er|ster)|pesquisadora?)\b"
)
