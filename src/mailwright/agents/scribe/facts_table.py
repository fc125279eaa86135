"""Words that make a sentence worth telling, or unfit to be told. Plain data of seven languages."""

import re
from typing import Final

TELLING: Final = re.compile(
    r"\b(?:award\w*|prize|medal|won|win(?:s|ner)|founded|co-?founded|founder|leads?|led|heads?|direct(?:s|ed|or)|professor\w*|lecturer|chair|"
    r"author(?:ed)?|wrote|writes|written|publish\w*|book|novel|paper|stud(?:y|ies|ied)|research\w*|discover\w*|develop\w*|invent\w*|design\w*|"
    r"built|builds|made|created|works? on|project|exhibit\w*|perform\w*|composed?|patents?|fellow(?:ship)?|opened|started|runs|teaches|grant|"
    r"preis|medaille|gewann|erhielt|gegründet|gründete|leitet|leiterin?|professorin?|autorin?|schrieb|schreibt|veröffentlich\w*|buch|roman|"
    r"forscht|forsch\w*|untersuch\w*|entwickel\w*|entdeck\w*|erfand|baut|projekt|ausstellung|unterrichtet|lehrt|betreibt|backt|"
    r"prix|médaille|remport\w*|fondé\w*|fondat(?:eur|rice)|dirig\w*|professeure?|auteure?|autrice|écrit|publi\w*|livre|roman|recherch\w*|"
    r"étudi\w*|développ\w*|projet|exposition|enseigne|élue?|maire|"
    r"premio|medalla|ganó|fundó|fundador\w*|dirige|profesora?|autora?|escrib\w*|publicó|libro|novela|investig\w*|estudi\w*|desarroll\w*|"
    r"proyecto|exposición|enseña|medaglia|vinto|vinse|fondato|fondatrice|professore(?:ssa)?|autore|scritto|scrive|pubblicat\w*|romanzo|"
    r"ricerc\w*|studia|progett\w*|mostra|insegna|prijs|medaille|won|richtte|opgericht|leidt|hoogleraar|auteur|schreef|boek|onderzoek\w*|"
    r"ontwikkel\w*|tentoonstelling|archivaris|prémio|medalha|ganhou|fundou|dirige|professora?|escreveu|publicou|livro|romance|investiga\w*|"
    r"pesquis\w*|estuda|projeto|exposição|ensina|coordena)\b",
    re.IGNORECASE,
)

UNFIT: Final = re.compile(
    r"\b(?:cookies?|privacy policy|all rights reserved|copyright|©|newsletter|subscribe|log ?in|sign in|click here|read more|share this|"
    r"datenschutz|impressum|mehr lesen|weiterlesen|anmelden|mentions légales|lire la suite|se connecter|aviso legal|leer más|leggi tutto|"
    r"lees meer|ler mais|office hours|sprechstunde|opening hours|öffnungszeiten|tel\.?|phone|fax|telefon|téléphone|teléfono|telefono|room|"
    r"last updated|last changed|stand:|zuletzt geändert|mis à jour|actualizado|aggiornat|bijgewerkt|atualizado|posted by|comments?|abstract|keywords)\b|"
    r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,63}\.\w|\+\d{2}[\d\s()/-]{6,}",
    re.IGNORECASE,
)

PRIVATE: Final = re.compile(
    r"\b(?:divorc\w*|pregnan\w*|illness|cancer|disease|diagnos\w*|depress\w*|arrest\w*|convict\w*|lawsuit|bankrupt\w*|religio\w*|church member|"
    r"home address|lives at|married|husband|wife|daughters?|sons?|children|salary|scandal|accus\w*|fraud|dismiss\w*|fired|"
    r"geschieden|scheidung|schwanger|krank\w*|krebs|verhaftet|verurteilt|insolven\w*|verheiratet|kinder|wohnt|gehalt|betrug|entlassen|"
    r"divorcée?|enceinte|maladie|arrêtée?|condamnée?|mariée?|enfants|salaire|licenciée?|divorciad\w*|embarazada|enfermedad|detenid\w*|"
    r"condenad\w*|casad\w*|hijos|sueldo|despedid\w*|divorziat\w*|incinta|malattia|arrestat\w*|condannat\w*|sposat\w*|figli|stipendio|"
    r"licenziat\w*|gescheiden|zwanger|ziekte|gearresteerd|veroordeeld|getrouwd|kinderen|salaris|ontslagen|grávida|doença|filhos)\b",
    re.IGNORECASE,
)
"""Health, family, belief, the law: what a stranger does not begin a letter with, true or not."""

DOUBTFUL: Final = re.compile(
    r"\b(?:not true|untrue|falsely|rumou?rs?|allegedly|supposedly|purportedly|mistakenly|hoax|contrary to|fictional|claim(?:s|ed) to (?:be|have)|"
    r"angeblich\w*|gerüchte?n?|fälschlich\w*|nicht wahr|prétendu\w*|rumeurs?|soi-disant|à tort|supuest\w+|rumores?|falsamente|presunt\w+|"
    r"vermeend\w*|geruchte?n?|zogenaamd|alegad\w+|suposto|supostamente|boatos?)\b",
    re.IGNORECASE,
)
"""What is only said, or is said to be wrong."""

NOW: Final = re.compile(
    r"\b(?:is|are|am|works?|leads?|heads?|teaches|directs?|serves|runs|chairs|studies|ist|bin|arbeitet|leitet|lehrt|forscht|unterrichtet|est|suis|"
    r"travaille|dirige|enseigne|es|soy|trabaja|enseña|è|sono|lavora|insegna|werkt|leidt|ben|é|sou|trabalha|ensina|currently|now|derzeit|"
    r"actuellement|actualmente|attualmente|momenteel|atualmente)\b",
    re.IGNORECASE,
)
ROLE: Final = re.compile(
    r"\b(?:professor\w*|lecturer|reader|fellow|researcher|scientist|director|head|chair|dean|manager|engineer|editor|secretary|president|ceo|"
    r"cto|founder|partner|assistant|associate|postdoc\w*|responsible for|in charge of|leiter(?:in)?|dozent(?:in)?|mitarbeiter(?:in)?|direktor(?:in)?|"
    r"geschäftsführer(?:in)?|professeure?|directeur|directrice|chercheu(?:r|se)|maître de conférences|profesora?|directora?|investigadora?|"
    r"professore(?:ssa)?|direttore|direttrice|ricercat(?:ore|rice)|hoogleraar|directeur|onderzoek(?:er|ster)|docent|diretora?|pesquisadora?)\b",
    re.IGNORECASE,
)
PAST: Final = re.compile(
    r"\b(?:was|were|used to|former(?:ly)?|until|once|previously|left|retired|had been|joined|moved|war|ehemalig\w*|früher\w*|bis \d{4}|verließ|"
    r"wechselte|était|fut|ancien(?:ne)?|jusqu|quitté|era|fue|antigu[oa]|anteriormente|hasta|dejó|fu|ex|fino al|lasciato|voormalig\w*|"
    r"tot \d{4}|verliet|foi|antig[oa]|até|deixou)\b|\b(?:19|20)\d\d\s?[-–—/]\s?(?:19|20)\d\d\b",
    re.IGNORECASE,
)

HAPPENED: Final = {
    "founded": r"found(?:ed|ing)|co-founded|establish\w*|started|began|gegründet|gründete|fondée?|fundad[oa]|fundó|fondat[oa]|opgericht|fundou",
    "published": r"publish\w*|appeared|came out|released|erschien\w*|veröffentlicht|publié|paru|publicad[oa]|publicó|pubblicat[oa]|uscito|"
    r"verscheen|publicou|novel of|book of|\(\s*(?:19|20)\d\d\s*\)",
    "born": r"born|geboren|née?|nacid[oa]|nació|nat[oa]|nascid[oa]|nasceu",
    "joined": r"joined|appointed|came to|since|seit|depuis|desde|dal|sinds|berufen|rejoint|nommée?",
    "won": r"won|awarded|received|gewann|erhielt|reçu|remporté|ganó|recibió|vinto|ricevuto|kreeg|ganhou|recebeu",
}
"""Things that happened in one year: two pages that name two years contradict each other."""
