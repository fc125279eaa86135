"""What the concierge says, by language: sentences, read by `letters`.

`str.format` fills in what stands in braces. The words in quotation marks are commands that `agents.models.rules.commands` understands;
a test reads every one of them.
"""

from __future__ import annotations

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")

HELLO = {
    "en": ("Hello {name},", "Hello,"),
    "de": ("Hallo {name},", "Hallo,"),
    "fr": ("Bonjour {name},", "Bonjour,"),
    "es": ("Hola, {name}:", "Hola:"),
    "it": ("Buongiorno {name},", "Buongiorno,"),
    "pt": ("Olá, {name},", "Olá,"),
    "nl": ("Hallo {name},", "Hallo,"),
}
"""With a name, and without one."""

LABELS: dict[str, dict[str, str]] = {
    "when": {
        "en": "When",
        "de": "Wann",
        "fr": "Quand",
        "es": "Cuándo",
        "it": "Quando",
        "pt": "Quando",
        "nl": "Wanneer",
    },
    "who": {"en": "Whom", "de": "Wen", "fr": "Qui", "es": "Quién", "it": "Chi", "pt": "Quem", "nl": "Wie"},
    "context": {"en": "Note", "de": "Dazu", "fr": "Note", "es": "Nota", "it": "Nota", "pt": "Nota", "nl": "Notitie"},
    "then": {"en": "Then", "de": "Dann", "fr": "Alors", "es": "Entonces", "it": "Allora", "pt": "Então", "nl": "Dan"},
    "again": {
        "en": "Comes again",
        "de": "Wiederholt sich",
        "fr": "Se répète",
        "es": "Se repite",
        "it": "Si ripete",
        "pt": "Repete-se",
        "nl": "Herhaalt zich",
    },
    "subject": {
        "en": "Follow-up",
        "de": "Wiedervorlage",
        "fr": "Rappel",
        "es": "Recordatorio",
        "it": "Promemoria",
        "pt": "Lembrete",
        "nl": "Herinnering",
    },
    "reminder": {
        "en": "Reminder: {what}",
        "de": "Erinnerung: {what}",
        "fr": "Rappel : {what}",
        "es": "Recordatorio: {what}",
        "it": "Promemoria: {what}",
        "pt": "Lembrete: {what}",
        "nl": "Herinnering: {what}",
    },
    "draft": {
        "en": "Draft: {what}",
        "de": "Entwurf: {what}",
        "fr": "Brouillon : {what}",
        "es": "Borrador: {what}",
        "it": "Bozza: {what}",
        "pt": "Rascunho: {what}",
        "nl": "Concept: {what}",
    },
    "agenda": {
        "en": "Today: {count}",
        "de": "Heute: {count}",
        "fr": "Aujourd'hui : {count}",
        "es": "Hoy: {count}",
        "it": "Oggi: {count}",
        "pt": "Hoje: {count}",
        "nl": "Vandaag: {count}",
    },
    "on": {"en": "on", "de": "an", "fr": "activé", "es": "activado", "it": "attivo", "pt": "ativado", "nl": "aan"},
    "off": {
        "en": "off",
        "de": "aus",
        "fr": "désactivé",
        "es": "desactivado",
        "it": "disattivato",
        "pt": "desativado",
        "nl": "uit",
    },
}

THEN: dict[str, dict[str, str]] = {
    "remind": {
        "en": "you are reminded",
        "de": "werden Sie erinnert",
        "fr": "vous recevez un rappel",
        "es": "recibe un recordatorio",
        "it": "riceve un promemoria",
        "pt": "recebe um lembrete",
        "nl": "krijgt u een herinnering",
    },
    "remind_and_draft": {
        "en": "you are reminded, with a draft",
        "de": "werden Sie erinnert, mit einem Entwurf",
        "fr": "vous recevez un rappel avec un brouillon",
        "es": "recibe un recordatorio con un borrador",
        "it": "riceve un promemoria con una bozza",
        "pt": "recebe um lembrete com um rascunho",
        "nl": "krijgt u een herinnering met een concept",
    },
    "draft": {
        "en": "you get a draft",
        "de": "bekommen Sie einen Entwurf",
        "fr": "vous recevez un brouillon",
        "es": "recibe un borrador",
        "it": "riceve una bozza",
        "pt": "recebe um rascunho",
        "nl": "krijgt u een concept",
    },
}

SAYS: dict[str, dict[str, str]] = {
    "noted": {
        "en": "noted:",
        "de": "notiert:",
        "fr": "c'est noté :",
        "es": "anotado:",
        "it": "annotato:",
        "pt": "anotado:",
        "nl": "genoteerd:",
    },
    "hint": {
        "en": 'To change it, answer in your own words: "make it Monday", "snooze 2 hours", "every week", "cancel". "list" shows all that is open.',
        "de": "Zum Ändern antworten Sie mit Ihren Worten: „mach Montag draus“, „später um 2 Stunden“, „jede Woche“, „stornieren“. „Liste“ zeigt alles Offene.",
        "fr": "Pour changer, répondez avec vos mots : « plutôt lundi », « plus tard de 2 heures », « chaque semaine », « annuler ». « liste » montre tout ce qui est prévu.",
        "es": "Para cambiarlo, responda con sus palabras: «mejor el lunes», «más tarde por 2 horas», «cada semana», «cancelar». «lista» muestra todo lo pendiente.",
        "it": "Per cambiarlo, risponda a parole Sue: «meglio lunedì», «più tardi per 2 ore», «ogni settimana», «annulla». «elenco» mostra tutto ciò che è aperto.",
        "pt": "Para mudar, responda com as suas palavras: «melhor segunda-feira», «mais tarde por 2 horas», «todas as semanas», «cancelar». «lista» mostra tudo o que está pendente.",
        "nl": "Wijzigen kan door in eigen woorden te antwoorden: „liever maandag”, „later met 2 uur”, „elke week”, „annuleren”. „lijst” toont alles wat openstaat.",
    },
    "waits": {
        "en": "It is dropped by itself when an answer comes before.",
        "de": "Es erledigt sich von selbst, wenn vorher eine Antwort kommt.",
        "fr": "Il s'annule de lui-même si une réponse arrive avant.",
        "es": "Se anula solo si antes llega una respuesta.",
        "it": "Si annulla da solo se prima arriva una risposta.",
        "pt": "Anula-se sozinho se chegar uma resposta antes.",
        "nl": "Het vervalt vanzelf als er eerder een antwoord komt.",
    },
    "gap": {
        "en": "The clocks go forward then, and that time does not exist: it is the first moment after it.",
        "de": "Da wird die Uhr vorgestellt, und diese Uhrzeit gibt es nicht: gemeint ist der erste Moment danach.",
        "fr": "Les horloges avancent à ce moment-là et cette heure n'existe pas : c'est le premier instant qui suit.",
        "es": "En ese momento se adelanta la hora y esa hora no existe: es el primer instante después.",
        "it": "In quel momento l'ora viene spostata in avanti e quell'orario non esiste: vale il primo istante dopo.",
        "pt": "Nesse momento os relógios adiantam e essa hora não existe: vale o primeiro instante a seguir.",
        "nl": "Dan gaat de klok vooruit en bestaat die tijd niet: het is het eerste moment erna.",
    },
    "fold": {
        "en": "The clocks go back then, and that time comes twice: it is the first of the two.",
        "de": "Da wird die Uhr zurückgestellt, und diese Uhrzeit kommt zweimal: gemeint ist das erste Mal.",
        "fr": "Les horloges reculent à ce moment-là et cette heure existe deux fois : c'est la première.",
        "es": "En ese momento se atrasa la hora y esa hora se repite: es la primera de las dos.",
        "it": "In quel momento l'ora viene spostata indietro e quell'orario capita due volte: vale la prima.",
        "pt": "Nesse momento os relógios atrasam e essa hora repete-se: vale a primeira das duas.",
        "nl": "Dan gaat de klok terug en komt die tijd twee keer: het is de eerste van de twee.",
    },
    "ask_several": {
        "en": 'when do you mean? "{phrase}" may be:',
        "de": "wann ist gemeint? „{phrase}“ kann heißen:",
        "fr": "quand exactement ? « {phrase} » peut vouloir dire :",
        "es": "¿cuándo exactamente? «{phrase}» puede ser:",
        "it": "quando di preciso? «{phrase}» può voler dire:",
        "pt": "quando exatamente? «{phrase}» pode ser:",
        "nl": "wanneer bedoelt u? „{phrase}” kan zijn:",
    },
    "ask_past": {
        "en": 'when do you mean? "{phrase}" is over. Perhaps:',
        "de": "wann ist gemeint? „{phrase}“ ist vorbei. Vielleicht:",
        "fr": "quand exactement ? « {phrase} » est passé. Peut-être :",
        "es": "¿cuándo exactamente? «{phrase}» ya ha pasado. Quizás:",
        "it": "quando di preciso? «{phrase}» è già passato. Forse:",
        "pt": "quando exatamente? «{phrase}» já passou. Talvez:",
        "nl": "wanneer bedoelt u? „{phrase}” is voorbij. Misschien:",
    },
    "ask_past_bare": {
        "en": 'when do you mean? "{phrase}" is over.',
        "de": "wann ist gemeint? „{phrase}“ ist vorbei.",
        "fr": "quand exactement ? « {phrase} » est passé.",
        "es": "¿cuándo exactamente? «{phrase}» ya ha pasado.",
        "it": "quando di preciso? «{phrase}» è già passato.",
        "pt": "quando exatamente? «{phrase}» já passou.",
        "nl": "wanneer bedoelt u? „{phrase}” is voorbij.",
    },
    "ask_when": {
        "en": "when shall this be?",
        "de": "wann soll das sein?",
        "fr": "quand faut-il le faire ?",
        "es": "¿cuándo debe ser?",
        "it": "quando deve essere?",
        "pt": "quando deve ser?",
        "nl": "wanneer moet dit zijn?",
    },
    "ask_unclear": {
        "en": 'when shall this be? I could not read a time in "{phrase}".',
        "de": "wann soll das sein? In „{phrase}“ konnte ich keinen Zeitpunkt lesen.",
        "fr": "quand faut-il le faire ? Je n'ai pas trouvé de date dans « {phrase} ».",
        "es": "¿cuándo debe ser? En «{phrase}» no he encontrado una fecha.",
        "it": "quando deve essere? In «{phrase}» non ho trovato una data.",
        "pt": "quando deve ser? Em «{phrase}» não encontrei uma data.",
        "nl": "wanneer moet dit zijn? In „{phrase}” kon ik geen tijdstip lezen.",
    },
    "ask_often": {
        "en": "when shall this be? That comes too often: at most every hour is possible.",
        "de": "wann soll das sein? So oft geht es nicht: höchstens stündlich.",
        "fr": "quand faut-il le faire ? C'est trop fréquent : au plus une fois par heure.",
        "es": "¿cuándo debe ser? Es demasiado frecuente: como mucho cada hora.",
        "it": "quando deve essere? È troppo frequente: al massimo ogni ora.",
        "pt": "quando deve ser? É demasiado frequente: no máximo de hora a hora.",
        "nl": "wanneer moet dit zijn? Dat is te vaak: hooguit elk uur.",
    },
    "answer_choice": {
        "en": 'Answer with the number, or with another time ("Thursday at 3"). Nothing is planned before that; if no answer comes until {until}, it is dropped.',
        "de": "Antworten Sie mit der Nummer oder mit einer anderen Zeit („Donnerstag um 15 Uhr“). Vorher ist nichts geplant; kommt bis {until} keine Antwort, verfällt es.",
        "fr": "Répondez par le numéro ou par un autre moment (« jeudi à 15h »). Rien n'est prévu avant ; sans réponse jusqu'au {until}, c'est abandonné.",
        "es": "Responda con el número o con otro momento («jueves a las 15»). Antes no hay nada previsto; sin respuesta hasta el {until}, se abandona.",
        "it": "Risponda con il numero o con un altro momento («giovedì alle 15»). Prima non è previsto nulla; senza risposta entro {until}, decade.",
        "pt": "Responda com o número ou com outro momento («quinta-feira às 15h»). Antes disso nada fica previsto; sem resposta até {until}, cai.",
        "nl": "Antwoord met het nummer of met een andere tijd („donderdag om 15 uur”). Daarvoor is er niets gepland; komt er tot {until} geen antwoord, dan vervalt het.",
    },
    "answer_time": {
        "en": 'Answer with a time, such as "tomorrow at 9" or "in two weeks". Nothing is planned before that; if no answer comes until {until}, it is dropped.',
        "de": "Antworten Sie mit einer Zeit, etwa „morgen um 9 Uhr“ oder „in zwei Wochen“. Vorher ist nichts geplant; kommt bis {until} keine Antwort, verfällt es.",
        "fr": "Répondez par un moment, par exemple « demain à 9h » ou « dans deux semaines ». Rien n'est prévu avant ; sans réponse jusqu'au {until}, c'est abandonné.",
        "es": "Responda con un momento, por ejemplo «mañana a las 9» o «en dos semanas». Antes no hay nada previsto; sin respuesta hasta el {until}, se abandona.",
        "it": "Risponda con un momento, per esempio «domani alle 9» o «tra due settimane». Prima non è previsto nulla; senza risposta entro {until}, decade.",
        "pt": "Responda com um momento, por exemplo «amanhã às 9h» ou «daqui a duas semanas». Antes disso nada fica previsto; sem resposta até {until}, cai.",
        "nl": "Antwoord met een tijd, zoals „morgen om 9 uur” of „over twee weken”. Daarvoor is er niets gepland; komt er tot {until} geen antwoord, dan vervalt het.",
    },
    "ask_again": {
        "en": "my question is still open:",
        "de": "meine Frage ist noch offen:",
        "fr": "ma question est toujours ouverte :",
        "es": "mi pregunta sigue abierta:",
        "it": "la mia domanda è ancora aperta:",
        "pt": "a minha pergunta continua em aberto:",
        "nl": "mijn vraag staat nog open:",
    },
    "expired": {
        "en": "I had asked when this shall be, and no answer came. It was never planned, and I have dropped it; answer with a time to take it up again:",
        "de": "ich hatte gefragt, wann das sein soll, und keine Antwort bekommen. Es war nie geplant, und ich habe es fallen lassen; mit einer Zeit als Antwort nehme ich es wieder auf:",
        "fr": "j'avais demandé quand, et aucune réponse n'est venue. Ce n'était pas encore prévu et je l'ai abandonné ; répondez par un moment pour le reprendre :",
        "es": "había preguntado cuándo y no llegó respuesta. No estaba previsto aún y lo he abandonado; responda con un momento para retomarlo:",
        "it": "avevo chiesto quando e non è arrivata risposta. Non era ancora previsto e l'ho lasciato cadere; risponda con un momento per riprenderlo:",
        "pt": "tinha perguntado quando e não veio resposta. Ainda não estava previsto e deixei-o cair; responda com um momento para o retomar:",
        "nl": "ik had gevraagd wanneer dit moet zijn, en er kwam geen antwoord. Het stond nog niet gepland en ik heb het laten vallen; antwoord met een tijd om het weer op te pakken:",
    },
    "which": {
        "en": "which one do you mean? Answer with the number.",
        "de": "welche ist gemeint? Antworten Sie mit der Nummer.",
        "fr": "lequel voulez-vous dire ? Répondez par le numéro.",
        "es": "¿cuál quiere decir? Responda con el número.",
        "it": "quale intende? Risponda con il numero.",
        "pt": "qual deles? Responda com o número.",
        "nl": "welke bedoelt u? Antwoord met het nummer.",
    },
    "none_such": {
        "en": "I did not find what you mean among what is open; nothing was changed.",
        "de": "ich habe unter dem Offenen nichts gefunden, was gemeint sein könnte; es wurde nichts geändert.",
        "fr": "je n'ai pas trouvé ce que vous voulez dire parmi ce qui est prévu ; rien n'a été changé.",
        "es": "no he encontrado a qué se refiere entre lo pendiente; no se ha cambiado nada.",
        "it": "non ho trovato a che cosa si riferisce tra ciò che è aperto; non è stato cambiato nulla.",
        "pt": "não encontrei a que se refere entre o que está pendente; nada foi alterado.",
        "nl": "ik heb niet gevonden wat u bedoelt onder wat openstaat; er is niets gewijzigd.",
    },
    "ended": {
        "en": "that one is under way or at its end already; nothing was changed.",
        "de": "das ist schon unterwegs oder zu Ende; es wurde nichts geändert.",
        "fr": "celui-ci est déjà en cours ou terminé ; rien n'a été changé.",
        "es": "ese ya está en curso o terminado; no se ha cambiado nada.",
        "it": "quello è già in corso o terminato; non è stato cambiato nulla.",
        "pt": "esse já está em curso ou terminado; nada foi alterado.",
        "nl": "die is al onderweg of afgelopen; er is niets gewijzigd.",
    },
    "changed": {
        "en": "changed:",
        "de": "geändert:",
        "fr": "c'est modifié :",
        "es": "cambiado:",
        "it": "modificato:",
        "pt": "alterado:",
        "nl": "gewijzigd:",
    },
    "cancelled": {
        "en": "cancelled:",
        "de": "storniert:",
        "fr": "c'est annulé :",
        "es": "cancelado:",
        "it": "annullato:",
        "pt": "cancelado:",
        "nl": "geannuleerd:",
    },
    "done": {
        "en": "well done, I have ticked it off:",
        "de": "sehr gut, abgehakt:",
        "fr": "très bien, c'est coché :",
        "es": "muy bien, queda hecho:",
        "it": "molto bene, spuntato:",
        "pt": "muito bem, fica feito:",
        "nl": "mooi, afgevinkt:",
    },
    "list": {
        "en": "this is open:",
        "de": "das ist offen:",
        "fr": "voici ce qui est prévu :",
        "es": "esto está pendiente:",
        "it": "questo è aperto:",
        "pt": "isto está pendente:",
        "nl": "dit staat open:",
    },
    "list_hint": {
        "en": 'Answer "cancel 2" to drop one of them.',
        "de": "Mit „stornieren 2“ als Antwort fällt eines davon weg.",
        "fr": "Répondez « annuler 2 » pour en supprimer un.",
        "es": "Responda «cancelar 2» para quitar uno.",
        "it": "Risponda «annulla 2» per toglierne uno.",
        "pt": "Responda «cancelar 2» para retirar um.",
        "nl": "Antwoord „annuleren 2” om er een te laten vallen.",
    },
    "list_more": {
        "en": "… and {count} more",
        "de": "… und {count} weitere",
        "fr": "… et {count} autres",
        "es": "… y {count} más",
        "it": "… e altri {count}",
        "pt": "… e mais {count}",
        "nl": "… en nog {count}",
    },
    "list_empty": {
        "en": "nothing is open.",
        "de": "es ist nichts offen.",
        "fr": "rien n'est prévu.",
        "es": "no hay nada pendiente.",
        "it": "non c'è nulla di aperto.",
        "pt": "não há nada pendente.",
        "nl": "er staat niets open.",
    },
    "unsettled": {
        "en": "when is still open",
        "de": "wann ist noch offen",
        "fr": "date à préciser",
        "es": "falta la fecha",
        "it": "data da precisare",
        "pt": "falta a data",
        "nl": "wanneer staat nog open",
    },
    "due": {
        "en": "you wanted to be reminded:",
        "de": "Sie wollten erinnert werden:",
        "fr": "vous vouliez un rappel :",
        "es": "quería que se lo recordara:",
        "it": "voleva un promemoria:",
        "pt": "queria ser lembrado:",
        "nl": "u wilde herinnerd worden:",
    },
    "due_unanswered": {
        "en": "you wanted to be reminded if no answer came, and I have seen none:",
        "de": "Sie wollten erinnert werden, falls keine Antwort kommt, und ich habe keine gesehen:",
        "fr": "vous vouliez un rappel en l'absence de réponse, et je n'en ai pas vu :",
        "es": "quería un recordatorio si no llegaba respuesta, y no he visto ninguna:",
        "it": "voleva un promemoria se non arrivava risposta, e non ne ho viste:",
        "pt": "queria ser lembrado se não viesse resposta, e não vi nenhuma:",
        "nl": "u wilde herinnerd worden als er geen antwoord kwam, en ik heb er geen gezien:",
    },
    "late": {
        "en": "This was due at {when}; I could not remind you before.",
        "de": "Das war fällig: {when}; früher konnte ich Sie nicht erinnern.",
        "fr": "C'était prévu pour {when} ; je n'ai pas pu vous le rappeler plus tôt.",
        "es": "Estaba previsto para {when}; no pude recordárselo antes.",
        "it": "Era previsto per {when}; non ho potuto ricordarlo prima.",
        "pt": "Estava previsto para {when}; não pude lembrar antes.",
        "nl": "Dit was gepland voor {when}; eerder kon ik u niet herinneren.",
    },
    "next": {
        "en": "The next time: {when}",
        "de": "Das nächste Mal: {when}",
        "fr": "La prochaine fois : {when}",
        "es": "La próxima vez: {when}",
        "it": "La prossima volta: {when}",
        "pt": "A próxima vez: {when}",
        "nl": "De volgende keer: {when}",
    },
    "draft_below": {
        "en": "This is a draft; nothing was sent to anybody:",
        "de": "Das ist ein Entwurf; es wurde nichts verschickt:",
        "fr": "Voici un brouillon ; rien n'a été envoyé :",
        "es": "Este es un borrador; no se ha enviado nada:",
        "it": "Questa è una bozza; non è stato inviato nulla:",
        "pt": "Este é um rascunho; nada foi enviado:",
        "nl": "Dit is een concept; er is niets verstuurd:",
    },
    "draft_filed": {
        "en": "It is in your Drafts, too.",
        "de": "Er liegt auch in Ihren Entwürfen.",
        "fr": "Il se trouve aussi dans vos brouillons.",
        "es": "También está en sus borradores.",
        "it": "Si trova anche nelle Sue bozze.",
        "pt": "Está também nos seus rascunhos.",
        "nl": "Het staat ook bij uw concepten.",
    },
    "no_draft": {
        "en": "A draft could not be written this time.",
        "de": "Ein Entwurf war diesmal nicht möglich.",
        "fr": "Un brouillon n'a pas pu être écrit cette fois.",
        "es": "Esta vez no se pudo escribir un borrador.",
        "it": "Questa volta non è stato possibile scrivere una bozza.",
        "pt": "Desta vez não foi possível escrever um rascunho.",
        "nl": "Een concept schrijven lukte deze keer niet.",
    },
    "due_hint": {
        "en": 'Answer "done", "snooze 2 hours" or "make it Monday".',
        "de": "Antworten Sie „erledigt“, „später um 2 Stunden“ oder „mach Montag draus“.",
        "fr": "Répondez « fait », « plus tard de 2 heures » ou « plutôt lundi ».",
        "es": "Responda «hecho», «más tarde por 2 horas» o «mejor el lunes».",
        "it": "Risponda «fatto», «più tardi per 2 ore» o «meglio lunedì».",
        "pt": "Responda «feito», «mais tarde por 2 horas» ou «melhor segunda-feira».",
        "nl": "Antwoord „klaar”, „later met 2 uur” of „liever maandag”.",
    },
    "declined": {
        "en": "I am the follow-up assistant of {domain} and work for the people who have an account there. Your address is not known to me, so I have kept nothing of your message. I say this once only.",
        "de": "ich bin der Erinnerungsdienst von {domain} und arbeite für Personen, die dort ein Konto haben. Ihre Adresse ist mir nicht bekannt; von Ihrer Nachricht habe ich nichts vorgemerkt. Das sage ich nur dieses eine Mal.",
        "fr": "je suis l'assistant de rappels de {domain} et travaille pour les personnes qui y ont un compte. Votre adresse ne m'est pas connue ; je n'ai rien retenu de votre message. Je ne le dis qu'une fois.",
        "es": "soy el asistente de recordatorios de {domain} y trabajo para las personas que tienen cuenta allí. No conozco su dirección; no he anotado nada de su mensaje. Solo lo digo esta vez.",
        "it": "sono l'assistente dei promemoria di {domain} e lavoro per le persone che vi hanno un account. Il Suo indirizzo non mi è noto; non ho annotato nulla del Suo messaggio. Lo dico solo questa volta.",
        "pt": "sou o assistente de lembretes de {domain} e trabalho para as pessoas que lá têm conta. O seu endereço não me é conhecido; não anotei nada da sua mensagem. Digo isto só desta vez.",
        "nl": "ik ben de herinneringsdienst van {domain} en werk voor mensen die daar een account hebben. Uw adres ken ik niet; van uw bericht heb ik niets genoteerd. Dit zeg ik maar één keer.",
    },
    "prove": {
        "en": 'a message came in under your address, and nothing proves that it is from you. Was that you? Then answer "yes", and I do what it says. Otherwise do nothing: nothing was planned.',
        "de": "unter Ihrer Adresse kam eine Nachricht an, und nichts beweist, dass sie von Ihnen ist. Waren Sie das? Dann antworten Sie „ja“, und ich tue, was darin steht. Sonst brauchen Sie nichts zu tun: es ist nichts geplant.",
        "fr": "un message est arrivé sous votre adresse et rien ne prouve qu'il vient de vous. Était-ce vous ? Répondez alors « oui » et je fais ce qu'il demande. Sinon, ne faites rien : rien n'est prévu.",
        "es": "ha llegado un mensaje con su dirección y nada prueba que sea suyo. ¿Fue usted? Entonces responda «sí» y haré lo que dice. Si no, no haga nada: no hay nada previsto.",
        "it": "è arrivato un messaggio con il Suo indirizzo e nulla prova che sia Suo. È stato Lei? Allora risponda «sì» e farò ciò che dice. Altrimenti non faccia nulla: non è previsto nulla.",
        "pt": "chegou uma mensagem com o seu endereço e nada prova que seja sua. Foi você? Então responda «sim» e faço o que ela diz. Caso contrário, não faça nada: nada está previsto.",
        "nl": "er kwam een bericht binnen onder uw adres, en niets bewijst dat het van u is. Was u dat? Antwoord dan „ja”, en ik doe wat erin staat. Anders hoeft u niets te doen: er is niets gepland.",
    },
    "prove_about": {
        "en": "Its subject: {subject}",
        "de": "Der Betreff: {subject}",
        "fr": "Son objet : {subject}",
        "es": "El asunto: {subject}",
        "it": "L'oggetto: {subject}",
        "pt": "O assunto: {subject}",
        "nl": "Het onderwerp: {subject}",
    },
    "not_me": {
        "en": "thank you; then nothing is done.",
        "de": "danke; dann passiert nichts.",
        "fr": "merci ; alors rien n'est fait.",
        "es": "gracias; entonces no se hace nada.",
        "it": "grazie; allora non si fa nulla.",
        "pt": "obrigado; então nada é feito.",
        "nl": "bedankt; dan gebeurt er niets.",
    },
    "help": {
        "en": (
            "this is how it works. Write what you want to be reminded of, and when:\n\n"
            "  Follow up with the clinic next Friday morning about the test results\n  Remind me every Monday at 9 of the report\n"
            "  Chase Ms Smith in three days if she has not answered, with a draft\n\n"
            "Or put me in Cc or Bcc of a mail, with the time in the address: {plus}\n\n"
            'Answer a message of mine with "make it Monday", "snooze 2 hours", "every week", "done" or "cancel"; "list" shows all that is open. '
            'You can say "my time zone is Europe/Vienna", "no reminders between 22 and 7", "daily agenda at 7" or "remind me by WhatsApp", too.'
        ),
        "de": (
            "so geht es. Schreiben Sie, woran Sie erinnert werden wollen, und wann:\n\n"
            "  Am nächsten Freitagmorgen bei der Klinik wegen der Befunde nachfassen\n  Erinnere mich jeden Montag um 9 Uhr an den Bericht\n"
            "  In drei Tagen bei Frau Schmidt nachhaken, falls sie nicht geantwortet hat, mit einem Entwurf\n\n"
            "Oder setzen Sie mich in Cc oder Bcc einer Mail, mit der Zeit in der Adresse: {plus}\n\n"
            "Antworten Sie auf eine Nachricht von mir mit „mach Montag draus“, „später um 2 Stunden“, „jede Woche“, „erledigt“ oder „stornieren“; „Liste“ zeigt alles Offene. "
            "Auch „meine Zeitzone ist Europe/Vienna“, „keine Erinnerungen zwischen 22 und 7“, „Tagesübersicht um 7“ oder „erinnere mich per WhatsApp“ geht."
        ),
        "fr": (
            "voici comment cela marche. Écrivez ce que je dois vous rappeler, et quand :\n\n"
            "  Relancer la clinique vendredi prochain au matin au sujet des analyses\n  Rappelle-moi chaque lundi à 9h le rapport\n"
            "  Relancer Mme Martin dans trois jours si elle n'a pas répondu, avec un brouillon\n\n"
            "Ou mettez-moi en copie d'un message, avec le moment dans l'adresse : {plus}\n\n"
            "Répondez à l'un de mes messages par « plutôt lundi », « plus tard de 2 heures », « chaque semaine », « fait » ou « annuler » ; « liste » montre tout ce qui est prévu. "
            "Vous pouvez aussi dire « mon fuseau horaire est Europe/Paris », « pas de rappels entre 22h et 7h », « agenda quotidien à 7h » ou « rappelle-moi par WhatsApp »."
        ),
        "es": (
            "así funciona. Escriba qué debo recordarle y cuándo:\n\n"
            "  Hacer seguimiento con la clínica el próximo viernes por la mañana sobre los resultados\n  Recuérdame cada lunes a las 9 el informe\n"
            "  Contactar a la señora García en tres días si no ha respondido, con un borrador\n\n"
            "O póngame en copia de un correo, con el momento en la dirección: {plus}\n\n"
            "Responda a un mensaje mío con «mejor el lunes», «más tarde por 2 horas», «cada semana», «hecho» o «cancelar»; «lista» muestra todo lo pendiente. "
            "También puede decir «mi zona horaria es Europe/Madrid», «no quiero recordatorios entre las 22 y las 7», «agenda diaria a las 7» o «recuérdame por WhatsApp»."
        ),
        "it": (
            "funziona così. Scriva che cosa devo ricordarLe e quando:\n\n"
            "  Ricontattare la clinica venerdì prossimo mattina per i risultati\n  Ricordami ogni lunedì alle 9 il rapporto\n"
            "  Sollecitare la signora Rossi tra tre giorni se non ha risposto, con una bozza\n\n"
            "Oppure mi metta in copia di un messaggio, con il momento nell'indirizzo: {plus}\n\n"
            "Risponda a un mio messaggio con «meglio lunedì», «più tardi per 2 ore», «ogni settimana», «fatto» o «annulla»; «elenco» mostra tutto ciò che è aperto. "
            "Può dire anche «il mio fuso orario è Europe/Rome», «non voglio promemoria tra le 22 e le 7», «agenda giornaliera alle 7» o «ricordami tramite WhatsApp»."
        ),
        "pt": (
            "funciona assim. Escreva o que devo lembrar e quando:\n\n"
            "  Fazer o acompanhamento com a clínica na próxima sexta-feira de manhã sobre os resultados\n  Lembra-me todas as segundas às 9h do relatório\n"
            "  Contactar a senhora Silva daqui a três dias se não tiver respondido, com um rascunho\n\n"
            "Ou ponha-me em cópia de uma mensagem, com o momento no endereço: {plus}\n\n"
            "Responda a uma mensagem minha com «melhor segunda-feira», «mais tarde por 2 horas», «todas as semanas», «feito» ou «cancelar»; «lista» mostra tudo o que está pendente. "
            "Também pode dizer «o meu fuso horário é Europe/Lisbon», «sem lembretes entre as 22h e as 7h», «agenda diária às 7h» ou «lembra-me por WhatsApp»."
        ),
        "nl": (
            "zo werkt het. Schrijf waaraan ik u moet herinneren, en wanneer:\n\n"
            "  Volgende week vrijdagochtend de kliniek nabellen over de uitslag\n  Herinner me elke maandag om 9 uur aan het rapport\n"
            "  Over drie dagen navragen bij mevrouw Jansen als ze niet heeft geantwoord, met een concept\n\n"
            "Of zet mij in Cc of Bcc van een mail, met de tijd in het adres: {plus}\n\n"
            "Antwoord op een bericht van mij met „liever maandag”, „later met 2 uur”, „elke week”, „klaar” of „annuleren”; „lijst” toont alles wat openstaat. "
            "Ook „mijn tijdzone is Europe/Amsterdam”, „geen herinneringen tussen 22 en 7 uur”, „dagelijks overzicht om 7 uur” of „herinner me via WhatsApp” kan."
        ),
    },
    "unsure": {
        "en": 'I did not find anything in your message that I should remind you of. Write what and when, or "help".',
        "de": "ich habe in Ihrer Nachricht nichts gefunden, woran ich erinnern soll. Schreiben Sie was und wann, oder „Hilfe“.",
        "fr": "je n'ai rien trouvé dans votre message à vous rappeler. Écrivez quoi et quand, ou « aide ».",
        "es": "no he encontrado en su mensaje nada que deba recordarle. Escriba qué y cuándo, o «ayuda».",
        "it": "non ho trovato nel Suo messaggio nulla da ricordare. Scriva che cosa e quando, oppure «aiuto».",
        "pt": "não encontrei na sua mensagem nada para lembrar. Escreva o quê e quando, ou «ajuda».",
        "nl": "ik heb in uw bericht niets gevonden om u aan te herinneren. Schrijf wat en wanneer, of „hulp”.",
    },
    "preferences": {
        "en": "that is how it is now:",
        "de": "so ist es jetzt eingestellt:",
        "fr": "voici les réglages à présent :",
        "es": "así queda ajustado:",
        "it": "ora è impostato così:",
        "pt": "fica assim definido:",
        "nl": "zo staat het nu ingesteld:",
    },
    "unknown_zone": {
        "en": "I do not know that time zone. They have names like Europe/Vienna or America/New_York.",
        "de": "diese Zeitzone kenne ich nicht. Sie heißen wie Europe/Vienna oder America/New_York.",
        "fr": "je ne connais pas ce fuseau horaire. Ils ont des noms comme Europe/Paris ou America/New_York.",
        "es": "no conozco esa zona horaria. Tienen nombres como Europe/Madrid o America/New_York.",
        "it": "non conosco questo fuso orario. Hanno nomi come Europe/Rome o America/New_York.",
        "pt": "não conheço esse fuso horário. Têm nomes como Europe/Lisbon ou America/Sao_Paulo.",
        "nl": "die tijdzone ken ik niet. Ze heten bijvoorbeeld Europe/Amsterdam of America/New_York.",
    },
    "no_phone": {
        "en": "I know no phone number of yours, so reminders stay with mail. Your dashboard links one.",
        "de": "von Ihnen kenne ich keine Telefonnummer; Erinnerungen bleiben bei Mail. Im Dashboard lässt sich eine verbinden.",
        "fr": "je ne connais pas votre numéro de téléphone ; les rappels restent par mail. Votre tableau de bord permet d'en lier un.",
        "es": "no conozco ningún número de teléfono suyo; los recordatorios siguen por correo. En su panel puede vincular uno.",
        "it": "non conosco un Suo numero di telefono; i promemoria restano via mail. Nel pannello può collegarne uno.",
        "pt": "não conheço nenhum número de telefone seu; os lembretes ficam por mail. No painel pode ligar um.",
        "nl": "ik ken geen telefoonnummer van u; herinneringen blijven via mail komen. Op uw dashboard kunt u er een koppelen.",
    },
    "full": {
        "en": 'too many follow-ups are open, so this one was not planned. Answer "list" and cancel some of them.',
        "de": "es sind zu viele Erinnerungen offen; diese wurde nicht geplant. Antworten Sie „Liste“ und stornieren Sie einige.",
        "fr": "trop de rappels sont ouverts ; celui-ci n'a pas été prévu. Répondez « liste » et annulez-en quelques-uns.",
        "es": "hay demasiados recordatorios abiertos; este no se ha previsto. Responda «lista» y cancele algunos.",
        "it": "ci sono troppi promemoria aperti; questo non è stato previsto. Risponda «elenco» e ne annulli alcuni.",
        "pt": "há demasiados lembretes em aberto; este não foi previsto. Responda «lista» e cancele alguns.",
        "nl": "er staan te veel herinneringen open; deze is niet gepland. Antwoord „lijst” en annuleer er enkele.",
    },
    "failed": {
        "en": "I could not work on your message, and nothing was planned. Please send it again later.",
        "de": "ich konnte Ihre Nachricht nicht bearbeiten, und es ist nichts geplant. Bitte senden Sie sie später noch einmal.",
        "fr": "je n'ai pas pu traiter votre message et rien n'est prévu. Merci de le renvoyer plus tard.",
        "es": "no he podido tratar su mensaje y no hay nada previsto. Envíelo de nuevo más tarde, por favor.",
        "it": "non ho potuto elaborare il Suo messaggio e non è previsto nulla. La prego di inviarlo di nuovo più tardi.",
        "pt": "não consegui tratar a sua mensagem e nada está previsto. Envie-a novamente mais tarde, por favor.",
        "nl": "ik kon uw bericht niet verwerken en er is niets gepland. Stuur het later nog eens, alstublieft.",
    },
    "agenda": {
        "en": "this is due today:",
        "de": "das steht heute an:",
        "fr": "voici ce qui est prévu aujourd'hui :",
        "es": "esto está previsto para hoy:",
        "it": "questo è previsto per oggi:",
        "pt": "isto está previsto para hoje:",
        "nl": "dit staat vandaag op het programma:",
    },
}

SETTINGS: dict[str, dict[str, str]] = {
    "time_zone": {
        "en": "Time zone",
        "de": "Zeitzone",
        "fr": "Fuseau horaire",
        "es": "Zona horaria",
        "it": "Fuso orario",
        "pt": "Fuso horário",
        "nl": "Tijdzone",
    },
    "quiet": {
        "en": "No reminders",
        "de": "Keine Erinnerungen",
        "fr": "Pas de rappels",
        "es": "Sin recordatorios",
        "it": "Nessun promemoria",
        "pt": "Sem lembretes",
        "nl": "Geen herinneringen",
    },
    "reach_by": {
        "en": "Reminders by",
        "de": "Erinnerungen per",
        "fr": "Rappels par",
        "es": "Recordatorios por",
        "it": "Promemoria via",
        "pt": "Lembretes por",
        "nl": "Herinneringen via",
    },
    "agenda_at": {
        "en": "Daily agenda",
        "de": "Tagesübersicht",
        "fr": "Agenda quotidien",
        "es": "Agenda diaria",
        "it": "Agenda giornaliera",
        "pt": "Agenda diária",
        "nl": "Dagelijks overzicht",
    },
    "default_action": {
        "en": "When it is time",
        "de": "Wenn es so weit ist",
        "fr": "Le moment venu",
        "es": "Llegado el momento",
        "it": "Al momento giusto",
        "pt": "Na altura certa",
        "nl": "Als het zover is",
    },
    "tone": {"en": "Tone", "de": "Ton", "fr": "Ton", "es": "Tono", "it": "Tono", "pt": "Tom", "nl": "Toon"},
}
