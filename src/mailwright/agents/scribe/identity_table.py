"""What tells where somebody works and which hosts are everybody's. Plain data."""

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIELDS_OF_WORK: Final = _words(
    "affiliation affiliations company organisation organization employer institution institute university school college firm workplace "
    "lab laboratory department firma unternehmen arbeitgeber einrichtung hochschule universität institut organisation entreprise société "
    "université établissement empresa universidad institución azienda università istituto ente bedrijf universiteit organisatie instelling "
    "universidade instituição"
)
"""Names of fields that say where the recipient works."""

EVERYBODYS_MAIL: Final = _words(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk icloud.com me.com mac.com aol.com gmx.de gmx.net "
    "gmx.at gmx.ch web.de t-online.de freenet.de proton.me protonmail.com pm.me mail.com zoho.com yandex.com orange.fr wanadoo.fr free.fr "
    "laposte.net libero.it virgilio.it tiscali.it uol.com.br bol.com.br hotmail.fr hotmail.it hotmail.es live.nl ziggo.nl kpnmail.nl "
    "fastmail.com tutanota.com hey.com posteo.de mailbox.org qq.com 163.com"
)
"""Mail domains that say nothing of who has an address there."""

CLOSED: Final = _words(
    "linkedin.com facebook.com instagram.com x.com twitter.com tiktok.com threads.net pinterest.com researchgate.net youtube.com xing.com "
    "glassdoor.com"
)
"""Sites that show nothing to whoever is not signed in, or do not want to be read by programs."""

_WORKS = (
    r"(?:Technical |Technische |Graduate |Medical |Law )?(?:Universit(?:y|ies|ät|é|à|eit|etet?)|Universi(?:dad|dade|tat)|College|Hochschule|"
    r"Polytechni[ck]\w*|École|Ecole|Institut(?:e|o)?|Istituto|Instituut|\w{3,30}(?:institut|universität|universiteit|hochschule)|Academy|"
    r"Akademie|Académie|Accademia|Academia|School|Schule|Gymnasium|Liceo|Lycée|Laborator(?:y|ies|ium|io)|Laboratoire|Labs?|Observatory|"
    r"Sternwarte|Hospital|Hôpital|Ospedale|Klinik(?:um)?|Clinic|Museum|Musée|Museo|Library|Bibliothek|Archives?|Gallery|Galerie|Orchestra|"
    r"Theatre|Theater|Foundation|Stiftung|Fondation|Fundación|Fondazione|Council|Ministry|Ministerium|Agency|Bank|Studios?|Brewery|Bakery|"
    r"GmbH|AG|KG|Ltd|Limited|Inc|LLC|PLC|Corp(?:oration)?|Company|B\.?V|N\.?V|S\.?A|S\.?p\.?A|S\.?r\.?l|Consult(?:ing|ants)|Partners|Group|"
    r"Holding|Software|Systems|Technologies|Industries|Works|Werke|Airlines|Rowing Club|Football Club|Cycling Club|Sports? Club|FC|Verein)"
)
_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŠŽ][\w'’&-]{0,40}"
_LINK = r"(?:of|for|the|&|de|la|du|des|di|del|della|do|da|für|der|van|het)"
ORGANISATION: Final = re.compile(
    rf"(?:{_CAPITAL}[ ](?:{_LINK}[ ]){{0,2}}){{0,4}}(?<![\w-]){_WORKS}(?![\w-])\.?"
    rf"(?:[ ](?:{_LINK}[ ]){{1,2}}{_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}})?"
)
GENERIC: Final = _words(
    "university universities universitat universite universita universiteit universitetet universitet universidad universidade college "
    "hochschule polytechnic ecole institut institute instituto istituto instituut academy akademie academie accademia academia school schule "
    "laboratory laboratories laboratorium laboratorio laboratoire lab labs observatory hospital klinik klinikum clinic museum musee museo library "
    "foundation stiftung council agency bank studio studios gmbh ag kg ltd limited inc llc plc corp corporation company bv nv sa spa srl consulting "
    "partners group holding technical technische graduate medical law of for the and de la du des di del della do da fur der van het en y e und et "
    "department faculty centre center professor dr prof research science sciences national state royal club fc verein at in an professorin former "
    "lecturer director head fellow member works"
)
"""Words of an organisation's name that many have (as `names.fold` spells them)."""

HOSTS_OF_MANY: Final = _words(
    "github.com github.io gitlab.com medium.com substack.com wordpress.com blogspot.com tumblr.com wikipedia.org wikidata.org google.com "
    "arxiv.org doi.org amazon.com goodreads.com youtube.com orcid.org archive.org"
)
"""Sites on which many people write: two pages there are not of one person for that."""
