"""Words of the built-in scribe in English, German, French, Spanish, Italian, Portuguese and Dutch: what shows what a template is about, what
placeholders mean, and the few sentences it has of its own.

Read by `by_rules` and `evidence`. Adding a language is adding its words here. Words are compared in lower case.
"""

from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
}

RESEARCH_WORDS: Final[dict[str, int]] = {
    word: weight
    for weight, words in (
        (
            3,
            "paper papers publication publications preprint preprints arxiv postdoc lab laboratory professor dissertation "
            "forschung forschungsgruppe forschungsarbeit publikation publikationen veröffentlichung veröffentlichungen labor professorin "
            "recherches laboratoire thèse doctorat professeur professeure "
            "investigación investigaciones publicación publicaciones laboratorio profesor profesora tesis doctorado "
            "ricerca ricerche pubblicazione pubblicazioni professore professoressa dottorato "
            "pesquisa pesquisas publicação publicações laboratório doutorado doutoramento investigação "
            "onderzoek onderzoeksgroep publicatie publicaties proefschrift hoogleraar promotieonderzoek",
        ),
        (
            2,
            "research researcher scientist phd scientific findings theorem experiments study studies forscher forscherin wissenschaft "
            "wissenschaftlich studie studien chercheur chercheuse étude études scientifique científico científica estudio estudios "
            "scienziato scienziata studi scientifica cientista estudo estudos wetenschapper studie",
        ),
        (
            1,
            "university universität université universidad università universidade universiteit faculty institute hypothesis academic",
        ),
    )
    for word in words.split()
}
BOOK_WORDS: Final[dict[str, int]] = {
    word: weight
    for weight, words in (
        (
            3,
            "book books novel novels memoir bestseller novella buch bücher roman romane romans livre livres autrice romancière romancier "
            "libro libros novela novelas romanzo romanzi libri livro livros boek boeken romans dichtbundel",
        ),
        (
            2,
            "author authors chapter chapters publisher bookshop novelist autor autorin kapitel verlag leser lesung auteur chapitre éditeur "
            "autora capítulo editorial lectores autore capitolo editore lettori escritor escritora capítulos editora schrijver schrijfster "
            "hoofdstuk uitgever writer readers schriftsteller schriftstellerin écrivain escritores scrittore scrittrice",
        ),
        (
            1,
            "story stories read reader poems poetry erzählung gedichte histoire poèmes relato poemas racconto poesie conto verhaal",
        ),
    )
    for word in words.split()
}
SHOWS = 2
"""So many points make a template one about research, or books."""

SENDER_SAYS: Final = (
    r"\b(?:i am|i'm|as an?|ich bin|als|je suis|en tant que|soy|como|sono|come|sou|ik ben)\b[^.!?\n]{0,60}"
)
"""What the sender says of themselves does not show what is to be looked up."""

BACKGROUND: Final[dict[str, str]] = {
    "en": "profile biography",
    "de": "Profil Lebenslauf",
    "fr": "profil biographie",
    "es": "perfil biografía",
    "it": "profilo biografia",
    "pt": "perfil biografia",
    "nl": "profiel biografie",
}
PUBLISHED: Final[dict[str, dict[str, str]]] = {
    "RESEARCH": {
        "en": "research publications papers",
        "de": "Forschung Publikationen",
        "fr": "recherche publications",
        "es": "investigación publicaciones",
        "it": "ricerca pubblicazioni",
        "pt": "pesquisa publicações",
        "nl": "onderzoek publicaties",
    },
    "BOOK": {
        "en": "author books",
        "de": "Autor Bücher",
        "fr": "auteur livres",
        "es": "autor libros",
        "it": "autore libri",
        "pt": "autor livros",
        "nl": "auteur boeken",
    },
    "GENERAL": {
        "en": "interview projects news",
        "de": "Interview Projekte",
        "fr": "entretien projets",
        "es": "entrevista proyectos",
        "it": "intervista progetti",
        "pt": "entrevista projetos",
        "nl": "interview projecten",
    },
}

PLACEHOLDERS: Final[dict[str, str]] = {
    word: meaning
    for meaning, words in {
        "name": "name|full name|recipient|recipient name|recipient_name|full_name|nom|nombre|nome|naam|voller name|nom complet|contact",
        "first": "first name|first_name|firstname|given name|vorname|prénom|prenom|nombre de pila|primeiro nome|voornaam|nome proprio",
        "last": "last name|last_name|lastname|surname|family name|nachname|nom de famille|apellido|apellidos|cognome|sobrenome|apelido|achternaam",
        "email": "email|e-mail|mail|address|adresse|correo|indirizzo|endereço|adres",
        "interest": "interest|interests|topic|field|area|research area|research interest|subject|interesse|thema|gebiet|fachgebiet|"
        "forschungsgebiet|intérêt|sujet|domaine|domaine de recherche|interés|tema|campo|área|interesse|argomento|settore|assunto|onderwerp|vakgebied|"
        "research|forschung|recherche|investigación|ricerca|pesquisa|onderzoek|research_area|research_interest",
        "paper": "paper|papers|paper title|recent paper|publication|article|recent work|work|paper_title|recent_paper|title of paper|"
        "publikation|artikel|arbeit|veröffentlichung|travail|publicación|artículo|trabajo|pubblicazione|articolo|lavoro|publicação|artigo|"
        "trabalho|publicatie|werk|latest paper",
        "book": "book|book title|title|novel|book_title|buch|buchtitel|titel|roman|livre|titre|libro|título|titolo|romanzo|livro|boek|boektitel",
        "affiliation": "affiliation|university|company|organisation|organization|institution|employer|lab|universität|firma|institut|organisme|"
        "université|entreprise|universidad|empresa|institución|università|azienda|istituzione|universidade|instituição|universiteit|bedrijf|"
        "instelling|school|institute",
        "detail": "detail|details|fact|something specific|specific detail|personal note|personalisation|personalization|einzelheit|détail|"
        "detalle|dettaglio|detalhe|bijzonderheid|achievement|project|projekt|projet|proyecto|progetto|projeto",
        "sender": "my name|your name|sender|sender name|my_name|your_name|sender_name|mein name|absender|mon nom|mi nombre|mio nome|"
        "il mio nome|meu nome|mijn naam|signature",
    }.items()
    for word in words.split("|")
}
"""What a placeholder stands for, by its name; the first meaning of a name that stands twice is overwritten by the last on purpose."""

AFFILIATION_FIELDS: Final = frozenset(word for word, meaning in PLACEHOLDERS.items() if meaning == "affiliation")

SUBJECT_LINE: Final = r"\A\s*(?:subject|betreff|objet|asunto|oggetto|assunto|onderwerp)\s*:[ \t]*(?P<subject>[^\n]*)\n+"

SAYS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "subject": "A question for you",
        "subject_about": "A question about {topic}",
        "hello": "Dear {name},",
        "paper": "I came across your paper “{title}” ({year}).",
        "fact": "I read this about you: “{quote}”.",
    },
    "de": {
        "subject": "Eine Frage an Sie",
        "subject_about": "Eine Frage zu {topic}",
        "hello": "Guten Tag {name},",
        "paper": "Ich bin auf Ihre Arbeit „{title}“ ({year}) gestoßen.",
        "fact": "Über Sie habe ich gelesen: „{quote}“.",
    },
    "fr": {
        "subject": "Une question pour vous",
        "subject_about": "Une question : {topic}",
        "hello": "Bonjour {name},",
        "paper": "J’ai découvert votre article « {title} » ({year}).",
        "fact": "J’ai lu ceci à votre sujet : « {quote} ».",
    },
    "es": {
        "subject": "Una pregunta para usted",
        "subject_about": "Una pregunta sobre {topic}",
        "hello": "Hola, {name}:",
        "paper": "He encontrado su artículo «{title}» ({year}).",
        "fact": "He leído esto sobre usted: «{quote}».",
    },
    "it": {
        "subject": "Una domanda per lei",
        "subject_about": "Una domanda su {topic}",
        "hello": "Buongiorno {name},",
        "paper": "Ho trovato il suo articolo «{title}» ({year}).",
        "fact": "Su di lei ho letto: «{quote}».",
    },
    "pt": {
        "subject": "Uma pergunta para si",
        "subject_about": "Uma pergunta sobre {topic}",
        "hello": "Olá, {name},",
        "paper": "Encontrei o seu artigo «{title}» ({year}).",
        "fact": "Li isto a seu respeito: «{quote}».",
    },
    "nl": {
        "subject": "Een vraag voor u",
        "subject_about": "Een vraag over {topic}",
        "hello": "Beste {name},",
        "paper": "Ik kwam uw artikel “{title}” ({year}) tegen.",
        "fact": "Ik las dit over u: “{quote}”.",
    },
}

COURTESY: Final = _set(
    # What mails to strangers say without saying anything of anybody.
    "hope wish well look looking forward hear hearing time times call chat meet meeting talk talking speak happy glad pleased delighted honoured "
    "grateful thank thanks appreciate schedule minutes week weeks day days question questions reply answer convenience wonderful kind regards "
    "sincerely best warm dear hello work worked works working interest interested interesting inspire inspired inspires inspiring admire admired read "
    "reading learn learned learning know write writing reach reaching contact name please share sharing discuss discussing discussion opportunity "
    "advice help idea ideas thought thoughts great really would could short brief soon available love loved enjoy enjoyed find found came across "
    "follow followed especially particularly impressed impressive fascinating fascinated conversation wonder wondering possible sure mind "
    "very much many most more lots such even still ever always never since while because though however often already again soon too yet first last new "
    "good better nice lovely truly deeply greatly kindly simply personally currently recently today people person something anything someone anyone "
    "get got give given take make made come going look part sort kind way lot bit one two three both each other another same own every thing things "
    "let want like liked see think note message mail email project team open willing connect connecting touch moment insight insights topic "
    "zeit gespräch freue freuen hören lesen gelesen frage fragen antwort grüße grüßen gruß dank herzlich herzlichen freundlichen arbeit arbeiten "
    "viel viele sehr immer schon noch etwas jemand gut gute neue neuen eigene eigenen ganz wirklich besser mehr einmal heute bald dazu darüber davon dafür "
    "interessiert interesse beeindruckt kennen lernen treffen woche minuten gerne möglich schreibe schreiben kurz sehr geehrte geehrter lieber liebe "
    "guten tag hoffe wohl mich besonders gespannt begeistert tausch austausch austauschen wäre würde würden könnten möchte besten vielen "
    "temps échange échanger question questions réponse travail travaux intérêt intéresse intéressé intéressée lire lecture plaisir cordialement bonjour "
    "merci avance espère aimerais souhaite semaine minutes contacter écris écrire sujet découvrir découvert beaucoup "
    "tiempo charla hablar pregunta preguntas respuesta trabajo trabajos interés interesa interesado interesada leer leído saludos saludo cordial "
    "gracias espero gustaría semana minutos contactar escribo escribir conocer estimado estimada hola atentamente antemano mucho encantaría placer "
    "tempo parlare domanda domande risposta lavoro lavori interesse interessato interessata leggere letto saluti cordiali grazie spero vorrei "
    "settimana minuti scrivo scrivere conoscere gentile piacere molto anticipo "
    "conversa pergunta perguntas resposta trabalho trabalhos interessado interessada ler lido cumprimentos obrigado obrigada gostaria semana minutos "
    "escrevo escrever conhecer prezado prezada prazer muito "
    "tijd gesprek vraag vragen antwoord werk interesse geïnteresseerd lezen gelezen groet groeten vriendelijke bedankt hoop graag week minuten schrijf "
    "schrijven kennismaken beste geachte horen spreken erg"
)

OPENERS: Final = _set(
    # What else begins an English sentence without naming anybody.
    "perhaps maybe given rather indeed let whether should might may must can both here today tomorrow over under through once until upon beyond above "
    "around across between among instead therefore hence thus few several either neither only later next second third also whatever whenever wherever "
    "whoever after before during despite within without beside along apart dear hi hey cheers yours good from into onto about against like unlike near "
    "off out since towards toward while when where who whom why how what which whose that this these those there then than such some none nothing no "
    "not now nor but and for or so yet if unless though although because being been have had did does do are was were will would could shall per "
    "each every all any much more most less least other others another enough long short part half what's let's it's that's there's"
)

NOBODY: Final = _set(
    # Titles and forms of address: no names of anybody.
    "mr mrs ms mx dr prof professor doctor sir madam phd herr frau doktor professorin dipl ing monsieur madame mademoiselle docteur professeur "
    "professeure señor señora sr sra srta doctora profesor profesora dottore dottoressa dott signor signora signore professore professoressa ingegner "
    "senhor senhora doutor doutora professora meneer mevrouw heer hoogleraar i"
)

YOU: Final = _set(
    "you your yours yourself du dich dir dein deine deinen deiner deinem sie ihnen ihr ihre ihren ihrer ihrem euch vous votre "
    "vos toi ton tes usted ustedes su sus tu tus lei suo sua suoi sue você vocês seu seus tua teu u uw jij jou jouw je"
)
"""Words that speak of the recipient. Some mean more than that; then a sentence is only looked at more strictly."""

SAME_WORDS: Final[dict[str, str]] = {
    word: names.split()[0]
    for names in (
        "university universität universitaet université universidad università universidade universiteit universitair",
        "institute institut instituut istituto instituto",
        "department abteilung département departamento dipartimento afdeling fachbereich",
        "faculty fakultät faculté facultad facoltà faculdade faculteit",
        "academy akademie académie academia accademia",
        "college hochschule",
        "laboratory lab labor laboratoire laboratorio laboratório laboratorium",
        "hospital krankenhaus klinikum hôpital ospedale ziekenhuis",
        "museum musée museo museu",
        "school schule école escuela scuola escola",
        "technical technische technique técnica tecnica technisch technology technologie tecnología tecnologia",
        "vienna wien vienne viena wenen",
        "munich münchen monaco múnich munique",
        "zurich zürich zurigo zúrich zurique",
        "geneva genf genève ginebra ginevra genebra",
        "basel bâle basilea basileia",
        "cologne köln colonia colónia keulen",
        "prague prag praga praag",
        "warsaw warschau varsovie varsovia varsavia warschau",
        "rome rom roma",
        "milan mailand milano milán",
        "florence florenz firenze florencia",
        "venice venedig venise venezia venecia",
        "turin torino turín",
        "naples neapel napoli nápoles",
        "lisbon lissabon lisbonne lisboa lisbona",
        "brussels brüssel bruxelles bruselas brussel",
        "antwerp antwerpen anvers amberes",
        "copenhagen kopenhagen københavn copenhague",
        "athens athen athènes atenas atene",
        "london londres londra londen",
        "paris parís parigi parijs",
        "moscow moskau moscou moscú mosca",
        "germany deutschland allemagne alemania germania alemanha duitsland",
        "austria österreich autriche oostenrijk",
        "switzerland schweiz suisse suiza svizzera suíça zwitserland",
        "france frankreich francia frança frankrijk",
        "spain spanien espagne españa spagna espanha spanje",
        "italy italien italie italia itália italië",
        "netherlands niederlande pays-bas holland nederland",
        "european europäische européen européenne europeo europea europeu europees",
        "research forschung recherche investigación ricerca pesquisa onderzoek",
        "science wissenschaft sciences ciencia scienza ciência wetenschap wissenschaften",
        "physics physik physique física fisica natuurkunde",
        "chemistry chemie chimie química chimica scheikunde",
        "biology biologie biología biologia",
        "mathematics mathematik mathématiques matemáticas matematica matemática wiskunde",
        "january januar janvier enero gennaio janeiro januari",
        "february februar février febrero febbraio fevereiro februari",
        "march märz mars marzo março maart",
        "april avril abril aprile",
        "may mai mayo maggio maio mei",
        "june juni juin junio giugno junho",
        "july juli juillet julio luglio julho",
        "august août agosto augustus",
        "september septembre septiembre settembre setembro",
        "october oktober octobre octubre ottobre outubro",
        "november novembre noviembre novembro",
        "december dezember décembre diciembre dicembre dezembro",
    )
    for word in names.split()
}
"""Words of names that are written in other ways in other languages: each under its English one."""

ORDERS: Final = (
    r"\b(?:(?:ignore|disregard|forget|override)\b[^.!?\n]{0,40}\b(?:instruction|prompt|rule|previous|above|prior)|system prompt|"
    r"(?:as|dear|note to|attention) (?:an? |the |all )?(?:ai|llm|language model|chatbot|assistant)s?\b|ai (?:assistants?|agents?|models?|tools?)\b[^.!?\n]{0,30}\b(?:must|should|shall|are|please)|"
    r"you (?:must|are (?:now|an? (?:ai|assistant|language model)))|(?:in|into|at the end of|to) (?:the|your|every|any) (?:e-?mail|letter|mail|message|reply|answer|summary|output)\b[^.!?\n]{0,60}"
    r"|(?:write|mention|include|add|insert|say|state|tell|recommend|send|forward|reply)\b[^.!?\n]{0,40}\b(?:in (?:the|your) (?:e-?mail|letter|mail|message|answer|reply|output)|to (?:the )?(?:reader|recipient|user|sender))|"
    r"ignorier\w*[^.!?\n]{0,40}(?:anweisung|anleitung|vorherig)|(?:ki|sprachmodell)\b[^.!?\n]{0,40}\b(?:muss|soll|bitte)|schreib\w*[^.!?\n]{0,40}\bin (?:die|der|ihre[rn]?) (?:mail|nachricht|antwort)|"
    r"ignore[zr]?\b[^.!?\n]{0,40}\b(?:instructions|consignes)|ignora\w*[^.!?\n]{0,40}\b(?:instrucciones|istruzioni|instruções)|negeer\b[^.!?\n]{0,40}\b(?:instructies|opdracht))"
)
"""Text that speaks to whoever reads it for somebody else: no fact of anybody."""
