"""What the rules model drafts templates from: sentences in the languages the scribe writes, and the words that name what somebody is.

Pure data, for `templating`. `{me}`, `{role}` and `{about}` are the owner's; what stands in double braces stays in the template.
"""

from __future__ import annotations

from typing import Final

SAYS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "names": "A short question|Their work first|Who I am first",
        "subject": "Subject: A question about {{interest}}",
        "hello": "Dear {{name}},",
        "me": "My name is {me}.",
        "me_role": "My name is {me} ({role}).",
        "paper": "Your paper “{{paper}}” is why I write to you.",
        "book": "Your book “{{book}}” is why I write to you.",
        "detail": "I read this about you: {{detail}}",
        "about": "What it is about: {about}",
        "ask": "May I ask you a short question about {{interest}}?",
        "meet": "Would you have twenty minutes for a conversation in the next weeks?",
        "short": "An answer of two lines would help me already.",
        "bye": "Kind regards,",
    },
    "de": {
        "names": "Eine kurze Frage|Zuerst ihre Arbeit|Zuerst wer ich bin",
        "subject": "Betreff: Eine Frage zu {{interest}}",
        "hello": "Guten Tag {{name}},",
        "me": "mein Name ist {me}.",
        "me_role": "mein Name ist {me} ({role}).",
        "paper": "Ihre Arbeit „{{paper}}“ ist der Grund, warum ich Ihnen schreibe.",
        "book": "Ihr Buch „{{book}}“ ist der Grund, warum ich Ihnen schreibe.",
        "detail": "Über Sie habe ich gelesen: {{detail}}",
        "about": "Worum es geht: {about}",
        "ask": "Darf ich Ihnen eine kurze Frage zu {{interest}} stellen?",
        "meet": "Hätten Sie in den nächsten Wochen zwanzig Minuten für ein Gespräch?",
        "short": "Eine Antwort von zwei Zeilen würde mir schon helfen.",
        "bye": "Mit freundlichen Grüßen",
    },
    "fr": {
        "names": "Une courte question|D’abord son travail|D’abord qui je suis",
        "subject": "Objet : Une question sur {{interest}}",
        "hello": "Bonjour {{name}},",
        "me": "Je m’appelle {me}.",
        "me_role": "Je m’appelle {me} ({role}).",
        "paper": "C’est votre article « {{paper}} » qui m’amène à vous écrire.",
        "book": "C’est votre livre « {{book}} » qui m’amène à vous écrire.",
        "detail": "J’ai lu ceci à votre sujet : {{detail}}",
        "about": "De quoi il s’agit : {about}",
        "ask": "Puis-je vous poser une courte question sur {{interest}} ?",
        "meet": "Auriez-vous vingt minutes pour un échange dans les semaines qui viennent ?",
        "short": "Une réponse de deux lignes m’aiderait déjà.",
        "bye": "Cordialement,",
    },
    "es": {
        "names": "Una pregunta breve|Primero su trabajo|Primero quién soy",
        "subject": "Asunto: Una pregunta sobre {{interest}}",
        "hello": "Hola, {{name}}:",
        "me": "Me llamo {me}.",
        "me_role": "Me llamo {me} ({role}).",
        "paper": "Le escribo por su artículo «{{paper}}».",
        "book": "Le escribo por su libro «{{book}}».",
        "detail": "He leído esto sobre usted: {{detail}}",
        "about": "De qué se trata: {about}",
        "ask": "¿Puedo hacerle una pregunta breve sobre {{interest}}?",
        "meet": "¿Tendría veinte minutos para una conversación en las próximas semanas?",
        "short": "Una respuesta de dos líneas ya me ayudaría.",
        "bye": "Un saludo cordial,",
    },
    "it": {
        "names": "Una breve domanda|Prima il suo lavoro|Prima chi sono",
        "subject": "Oggetto: Una domanda su {{interest}}",
        "hello": "Buongiorno {{name}},",
        "me": "mi chiamo {me}.",
        "me_role": "mi chiamo {me} ({role}).",
        "paper": "Le scrivo per il Suo articolo «{{paper}}».",
        "book": "Le scrivo per il Suo libro «{{book}}».",
        "detail": "Ho letto questo di Lei: {{detail}}",
        "about": "Di che cosa si tratta: {about}",
        "ask": "Posso farLe una breve domanda su {{interest}}?",
        "meet": "Avrebbe venti minuti per una conversazione nelle prossime settimane?",
        "short": "Una risposta di due righe mi aiuterebbe già.",
        "bye": "Cordiali saluti,",
    },
    "pt": {
        "names": "Uma breve pergunta|Primeiro o seu trabalho|Primeiro quem sou",
        "subject": "Assunto: Uma pergunta sobre {{interest}}",
        "hello": "Olá, {{name}},",
        "me": "O meu nome é {me}.",
        "me_role": "O meu nome é {me} ({role}).",
        "paper": "Escrevo-lhe por causa do seu artigo «{{paper}}».",
        "book": "Escrevo-lhe por causa do seu livro «{{book}}».",
        "detail": "Li isto a seu respeito: {{detail}}",
        "about": "De que se trata: {about}",
        "ask": "Posso fazer-lhe uma breve pergunta sobre {{interest}}?",
        "meet": "Teria vinte minutos para uma conversa nas próximas semanas?",
        "short": "Uma resposta de duas linhas já me ajudaria.",
        "bye": "Com os melhores cumprimentos,",
    },
    "nl": {
        "names": "Een korte vraag|Eerst hun werk|Eerst wie ik ben",
        "subject": "Onderwerp: Een vraag over {{interest}}",
        "hello": "Beste {{name}},",
        "me": "Mijn naam is {me}.",
        "me_role": "Mijn naam is {me} ({role}).",
        "paper": "Ik schrijf u vanwege uw artikel “{{paper}}”.",
        "book": "Ik schrijf u vanwege uw boek “{{book}}”.",
        "detail": "Ik las dit over u: {{detail}}",
        "about": "Waar het om gaat: {about}",
        "ask": "Mag ik u een korte vraag over {{interest}} stellen?",
        "meet": "Hebt u de komende weken twintig minuten voor een gesprek?",
        "short": "Een antwoord van twee regels zou mij al helpen.",
        "bye": "Met vriendelijke groet,",
    },
}

ORDERS: Final = (
    ("hello", "me", "ask about", "short", "bye"),
    ("hello", "work", "me about", "meet", "bye"),
    ("hello", "me about", "work ask", "meet", "bye"),
)
"""The three drafts, paragraph by paragraph, in the order of `names`."""

ROLES: Final = (
    r"\b(?:assistant\w*|assistente|asistente|students?|ph\.?\s?d\.?|postdoc\w*|doctoral|researcher|scientist|engineer|developer|designer|lecturer|professor|teacher|founder|"
    r"director|manager|consultant|analyst|journalist|editor|author|writer|producer|curator|lawyer|physician|architect|freelancer?|"
    r"student(?:in|en)?|doktorand\w*|forscher\w*|wissenschaftler\w*|ingenieur\w*|entwickler\w*|gestalter\w*|lehrer\w*|gründer\w*|"
    r"leiter\w*|berater\w*|journalist\w*|autor\w*|redakteur\w*|étudiante?|chercheu(?:r|se)|doctorante?|ingénieure?|développeu(?:r|se)|"
    r"fondat(?:eur|rice)|enseignante?|auteure?|estudiante|investigador\w*|ingenier\w+|profesor\w*|fundador\w*|periodista|"
    r"student(?:e|essa)|ricercat(?:ore|rice)|ingegnere|insegnante|fondat(?:ore|rice)|giornalista|estudante|pesquisador\w*|engenheir\w+|"
    r"professora?|jornalista|onderzoek(?:er|ster)|ontwikkelaar|docent\w*|oprichter)\b"
)
"""Words that name what somebody is."""
