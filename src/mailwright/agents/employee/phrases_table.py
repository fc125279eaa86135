"""What the employee says without a model, by language; English where a language is missing.

Read by act, and by whoever tells a sender how the work stands. `str.format` fills in what stands in braces: `hello` and `agent`
everywhere, and what each phrase names beside it. All of it is true whatever the task was: a phrase claims nothing that is not
certain where it is used.
"""

HELLO = {
    "en": ("Hello {name},", "Hello,"),
    "de": ("Hallo {name},", "Hallo,"),
    "fr": ("Bonjour {name},", "Bonjour,"),
    "es": ("Hola, {name}:", "Hola:"),
    "it": ("Buongiorno {name},", "Buongiorno,"),
    "nl": ("Hallo {name},", "Hallo,"),
    "pt": ("Olá, {name},", "Olá,"),
    "pl": ("Dzień dobry, {name},", "Dzień dobry,"),
    "sv": ("Hej {name},", "Hej,"),
}
"""With a name, and without one."""

CLARIFY = {
    "en": (
        "{hello}\n\nthank you for your message. I did not find anything in it that I should do. If you would like me to do something, "
        "please answer with what you need, for example:\n\n"
        "  - Please total the attached file by region.\n  - Summarise the text below.\n  - What is 15% of 2,350?\n\n"
        "If you only wanted to let me know, nothing more is needed.\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nvielen Dank für Ihre Nachricht. Ich habe darin nichts gefunden, was ich tun soll. Wenn ich etwas für Sie erledigen soll, "
        "antworten Sie bitte einfach mit Ihrem Wunsch, zum Beispiel:\n\n"
        "  - Bitte summieren Sie die angehängte Datei nach Region.\n  - Fassen Sie den Text unten zusammen.\n  - Was sind 15 % von 2.350?\n\n"
        "Falls es nur zur Kenntnis war, brauchen Sie nichts weiter zu tun.\n\n-- \n{agent}"
    ),
    "fr": (
        "{hello}\n\nmerci pour votre message. Je n'y ai rien trouvé que je doive faire. Si vous souhaitez me confier quelque chose, "
        "répondez simplement en indiquant ce qu'il vous faut, par exemple :\n\n"
        "  - Merci d'additionner le fichier joint par région.\n  - Résumez le texte ci-dessous.\n  - Combien font 15 % de 2 350 ?\n\n"
        "Si c'était seulement pour information, vous n'avez rien d'autre à faire.\n\n-- \n{agent}"
    ),
    "es": (
        "{hello}\n\nGracias por su mensaje. No he encontrado en él nada que deba hacer. Si quiere encargarme algo, responda "
        "simplemente con lo que necesita, por ejemplo:\n\n"
        "  - Sume por región el archivo adjunto, por favor.\n  - Resuma el texto de abajo.\n  - ¿Cuánto es el 15 % de 2350?\n\n"
        "Si solo era para mi información, no hace falta nada más.\n\n-- \n{agent}"
    ),
    "it": (
        "{hello}\n\ngrazie per il messaggio. Non vi ho trovato nulla che io debba fare. Se desidera affidarmi qualcosa, risponda "
        "semplicemente indicando ciò che Le serve, per esempio:\n\n"
        "  - Sommi per regione il file allegato, per favore.\n  - Riassuma il testo qui sotto.\n  - Quanto fa il 15% di 2.350?\n\n"
        "Se era solo per conoscenza, non occorre altro.\n\n-- \n{agent}"
    ),
    "nl": (
        "{hello}\n\nbedankt voor uw bericht. Ik heb er niets in gevonden dat ik moet doen. Als u wilt dat ik iets doe, antwoord dan "
        "gewoon met wat u nodig hebt, bijvoorbeeld:\n\n"
        "  - Tel het bijgevoegde bestand per regio op, alstublieft.\n  - Vat de tekst hieronder samen.\n  - Hoeveel is 15% van 2.350?\n\n"
        "Was het alleen ter informatie, dan hoeft u verder niets te doen.\n\n-- \n{agent}"
    ),
    "pt": (
        "{hello}\n\nobrigado pela sua mensagem. Não encontrei nela nada que eu deva fazer. Se quiser pedir-me alguma coisa, responda "
        "simplesmente com o que precisa, por exemplo:\n\n"
        "  - Some o ficheiro anexo por região, por favor.\n  - Resuma o texto abaixo.\n  - Quanto são 15% de 2350?\n\n"
        "Se era apenas para informação, não é preciso mais nada.\n\n-- \n{agent}"
    ),
    "pl": (
        "{hello}\n\ndziękuję za wiadomość. Nie znalazłem w niej nic do zrobienia. Jeśli mam coś zrobić, wystarczy odpowiedzieć i "
        "napisać, czego potrzeba, na przykład:\n\n"
        "  - Proszę zsumować załączony plik według regionów.\n  - Proszę streścić poniższy tekst.\n  - Ile to jest 15% z 2350?\n\n"
        "Jeśli była to tylko informacja, nic więcej nie trzeba robić.\n\n-- \n{agent}"
    ),
    "sv": (
        "{hello}\n\ntack för ditt meddelande. Jag hittade inget i det som jag ska göra. Om du vill att jag gör något, svara bara med "
        "vad du behöver, till exempel:\n\n"
        "  - Summera den bifogade filen per region, tack.\n  - Sammanfatta texten nedan.\n  - Hur mycket är 15 % av 2 350?\n\n"
        "Om det bara var för kännedom behövs inget mer.\n\n-- \n{agent}"
    ),
}
"""Nothing to do was found, and perhaps something was meant: the sender is asked, once."""

ACKNOWLEDGE = {
    "en": (
        "{hello}\n\nthank you, your message has arrived. I understand that nothing is to be done, so I have left it at that and counted "
        "nothing. Whenever you need something, just write.\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nvielen Dank, Ihre Nachricht ist angekommen. Ich verstehe sie so, dass nichts zu tun ist, und habe es dabei belassen "
        "und nichts berechnet. Wenn Sie etwas brauchen, schreiben Sie einfach.\n\n-- \n{agent}"
    ),
    "fr": (
        "{hello}\n\nmerci, votre message est bien arrivé. Je comprends qu'il n'y a rien à faire : je m'en tiens donc là, et rien n'est "
        "décompté. Si vous avez besoin de quelque chose, il suffit d'écrire.\n\n-- \n{agent}"
    ),
    "es": (
        "{hello}\n\nGracias, su mensaje ha llegado. Entiendo que no hay nada que hacer, así que lo dejo ahí y no se cuenta nada. Cuando "
        "necesite algo, escríbame.\n\n-- \n{agent}"
    ),
    "it": (
        "{hello}\n\ngrazie, il Suo messaggio è arrivato. Mi pare che non ci sia nulla da fare: lascio quindi tutto così e non viene "
        "conteggiato nulla. Quando Le serve qualcosa, basta scrivere.\n\n-- \n{agent}"
    ),
    "nl": (
        "{hello}\n\nbedankt, uw bericht is aangekomen. Ik begrijp dat er niets hoeft te gebeuren; ik laat het daarbij en er wordt niets "
        "in rekening gebracht. Hebt u iets nodig, schrijf dan gerust.\n\n-- \n{agent}"
    ),
    "pt": (
        "{hello}\n\nobrigado, a sua mensagem chegou. Entendo que não há nada a fazer, por isso fico por aqui e nada é contado. Quando "
        "precisar de alguma coisa, basta escrever.\n\n-- \n{agent}"
    ),
    "pl": (
        "{hello}\n\ndziękuję, wiadomość dotarła. Rozumiem, że nie ma nic do zrobienia, więc na tym poprzestaję i nic nie zostało "
        "naliczone. Gdy coś będzie potrzebne, wystarczy napisać.\n\n-- \n{agent}"
    ),
    "sv": (
        "{hello}\n\ntack, ditt meddelande har kommit fram. Jag förstår det så att inget behöver göras, så jag lämnar det där och inget "
        "har räknats av. När du behöver något är det bara att skriva.\n\n-- \n{agent}"
    ),
}
"""It is no task, and nothing is asked of anybody: thanks, greetings. It asks no question, so that nobody feels a need to answer."""

LIMIT = {
    "en": (
        "{hello}\n\nyour task arrived and I would gladly do it, but your plan is used up: {used} of the {limit} tasks of the plan "
        "{plan}. I have not begun, and nothing was counted for this message.\n\nYou can choose a larger plan here:\n\n  {link}\n\n"
        "After that, send the task again and I will start on it.\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nIhre Aufgabe ist angekommen und ich würde sie gern erledigen, aber Ihr Tarif ist ausgeschöpft: {used} der {limit} "
        "Aufgaben des Tarifs {plan}. Ich habe nicht damit begonnen, und für diese Nachricht wurde nichts gezählt.\n\nEinen größeren "
        "Tarif können Sie hier wählen:\n\n  {link}\n\nSenden Sie die Aufgabe danach bitte noch einmal, dann fange ich damit "
        "an.\n\n-- \n{agent}"
    ),
    "fr": (
        "{hello}\n\nvotre demande est bien arrivée et je m'en chargerais volontiers, mais votre formule est épuisée : {used} des {limit} "
        "tâches de la formule {plan}. Je n'ai pas commencé, et rien n'a été décompté pour ce message.\n\nVous pouvez choisir une "
        "formule plus large ici :\n\n  {link}\n\nRenvoyez ensuite votre demande et je m'y mettrai.\n\n-- \n{agent}"
    ),
    "es": (
        "{hello}\n\nSu tarea ha llegado y la haría con gusto, pero su plan está agotado: {used} de las {limit} tareas del plan {plan}. "
        "No la he empezado y no se ha contado nada por este mensaje.\n\nPuede elegir un plan mayor aquí:\n\n  {link}\n\n"
        "Después, envíe la tarea otra vez y me pondré con ella.\n\n-- \n{agent}"
    ),
    "it": (
        "{hello}\n\nla Sua richiesta è arrivata e la svolgerei volentieri, ma il Suo piano è esaurito: {used} delle {limit} attività "
        "del piano {plan}. Non ho iniziato, e per questo messaggio non è stato conteggiato nulla.\n\nPuò scegliere un piano più ampio "
        "qui:\n\n  {link}\n\nPoi invii di nuovo la richiesta e comincerò.\n\n-- \n{agent}"
    ),
    "nl": (
        "{hello}\n\nuw taak is aangekomen en ik zou die graag doen, maar uw abonnement is opgebruikt: {used} van de {limit} taken van "
        "het abonnement {plan}. Ik ben er niet aan begonnen en voor dit bericht is niets geteld.\n\nEen groter abonnement kiest u "
        "hier:\n\n  {link}\n\nStuur de taak daarna nog eens, dan begin ik eraan.\n\n-- \n{agent}"
    ),
    "pt": (
        "{hello}\n\na sua tarefa chegou e fá-la-ia com gosto, mas o seu plano está esgotado: {used} das {limit} tarefas do plano {plan}. "
        "Não comecei, e nada foi contado por esta mensagem.\n\nPode escolher um plano maior aqui:\n\n  {link}\n\n"
        "Depois, envie a tarefa de novo e começarei.\n\n-- \n{agent}"
    ),
    "pl": (
        "{hello}\n\nzadanie dotarło i chętnie bym je wykonał, ale plan jest wyczerpany: {used} z {limit} zadań planu {plan}. Nie "
        "zacząłem pracy i za tę wiadomość nic nie zostało naliczone.\n\nWiększy plan można wybrać tutaj:\n\n  {link}\n\n"
        "Potem proszę wysłać zadanie jeszcze raz, a zacznę je wykonywać.\n\n-- \n{agent}"
    ),
    "sv": (
        "{hello}\n\ndin uppgift har kommit fram och jag skulle gärna göra den, men din plan är förbrukad: {used} av de {limit} "
        "uppgifterna i planen {plan}. Jag har inte börjat, och inget har räknats för det här meddelandet.\n\nEn större plan väljer du "
        "här:\n\n  {link}\n\nSkicka sedan uppgiften igen, så börjar jag.\n\n-- \n{agent}"
    ),
}
"""The plan is used up: `used`, `limit`, `plan` and the `link` to a larger one."""

PROGRESS = {
    "en": (
        "{hello}\n\nI am working on your message. It takes a little longer than usual; the result will come in this conversation, and "
        "you need not do anything (reference {reference}).\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nich arbeite an Ihrer Nachricht. Es dauert etwas länger als üblich; das Ergebnis kommt in dieser Unterhaltung, und Sie "
        "brauchen nichts weiter zu tun (Kennzeichen {reference}).\n\n-- \n{agent}"
    ),
    "fr": (
        "{hello}\n\nje travaille à votre demande. Cela prend un peu plus de temps que d'habitude ; le résultat arrivera dans cette "
        "conversation, vous n'avez rien à faire (référence {reference}).\n\n-- \n{agent}"
    ),
    "es": (
        "{hello}\n\nEstoy trabajando en su mensaje. Tarda un poco más de lo habitual; el resultado llegará en esta conversación y no "
        "tiene que hacer nada (referencia {reference}).\n\n-- \n{agent}"
    ),
    "it": (
        "{hello}\n\nsto lavorando alla Sua richiesta. Ci vuole un po' più del solito; il risultato arriverà in questa conversazione e non "
        "deve fare nulla (riferimento {reference}).\n\n-- \n{agent}"
    ),
    "nl": (
        "{hello}\n\nik werk aan uw bericht. Het duurt iets langer dan gewoonlijk; het resultaat komt in dit gesprek en u hoeft niets te "
        "doen (kenmerk {reference}).\n\n-- \n{agent}"
    ),
    "pt": (
        "{hello}\n\nestou a trabalhar na sua mensagem. Demora um pouco mais do que o habitual; o resultado chegará nesta conversa e não "
        "precisa de fazer nada (referência {reference}).\n\n-- \n{agent}"
    ),
    "pl": (
        "{hello}\n\npracuję nad tą wiadomością. Trwa to trochę dłużej niż zwykle; wynik przyjdzie w tej rozmowie i nie trzeba nic robić "
        "(oznaczenie {reference}).\n\n-- \n{agent}"
    ),
    "sv": (
        "{hello}\n\njag arbetar med ditt meddelande. Det tar lite längre tid än vanligt; resultatet kommer i den här konversationen och "
        "du behöver inte göra något (referens {reference}).\n\n-- \n{agent}"
    ),
}
"""It takes long: said once. `reference` is the task's id."""

WAITING_APPROVAL = {
    "en": (
        "{hello}\n\nthe work on your message is done. The answer waits until a person here has approved it; then it will come in this "
        "conversation (reference {reference}).\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\ndie Arbeit an Ihrer Nachricht ist getan. Die Antwort wartet, bis ein Mensch hier sie freigegeben hat; dann kommt sie "
        "in dieser Unterhaltung (Kennzeichen {reference}).\n\n-- \n{agent}"
    ),
    "fr": (
        "{hello}\n\nle travail sur votre message est terminé. La réponse attend l'accord d'une personne ici ; elle arrivera ensuite dans "
        "cette conversation (référence {reference}).\n\n-- \n{agent}"
    ),
    "es": (
        "{hello}\n\nEl trabajo sobre su mensaje está hecho. La respuesta espera a que una persona la apruebe aquí; después llegará en esta "
        "conversación (referencia {reference}).\n\n-- \n{agent}"
    ),
    "it": (
        "{hello}\n\nil lavoro sul Suo messaggio è finito. La risposta attende che una persona qui la approvi; poi arriverà in questa "
        "conversazione (riferimento {reference}).\n\n-- \n{agent}"
    ),
    "nl": (
        "{hello}\n\nhet werk aan uw bericht is klaar. Het antwoord wacht tot iemand hier het heeft goedgekeurd; daarna komt het in dit "
        "gesprek (kenmerk {reference}).\n\n-- \n{agent}"
    ),
    "pt": (
        "{hello}\n\no trabalho sobre a sua mensagem está feito. A resposta espera que uma pessoa aqui a aprove; depois chegará nesta "
        "conversa (referência {reference}).\n\n-- \n{agent}"
    ),
    "pl": (
        "{hello}\n\npraca nad tą wiadomością jest skończona. Odpowiedź czeka, aż zatwierdzi ją tutaj człowiek; potem przyjdzie w tej "
        "rozmowie (oznaczenie {reference}).\n\n-- \n{agent}"
    ),
    "sv": (
        "{hello}\n\narbetet med ditt meddelande är klart. Svaret väntar tills en människa här har godkänt det; sedan kommer det i den här "
        "konversationen (referens {reference}).\n\n-- \n{agent}"
    ),
}
"""The answer itself waits for somebody else's approval."""

WAITING_APPROVAL_NOTE = {
    "en": "Not sent yet: what follows waits for an approval, which was asked for in a mail of its own.\n\n{messages}",
    "de": "Noch nicht gesendet: Das Folgende wartet auf eine Freigabe; sie wurde in einer eigenen Mail erbeten.\n\n{messages}",
    "fr": "Pas encore envoyé : ce qui suit attend un accord, demandé dans un message à part.\n\n{messages}",
    "es": "Aún no enviado: lo siguiente espera una aprobación, pedida en un correo aparte.\n\n{messages}",
    "it": "Non ancora inviato: quanto segue attende un'approvazione, chiesta con un messaggio a parte.\n\n{messages}",
    "nl": "Nog niet verzonden: het volgende wacht op goedkeuring, waarom in een aparte mail is gevraagd.\n\n{messages}",
    "pt": "Ainda não enviado: o que se segue espera uma aprovação, pedida numa mensagem à parte.\n\n{messages}",
    "pl": "Jeszcze nie wysłano: poniższe czeka na zgodę, o którą poproszono w osobnej wiadomości.\n\n{messages}",
    "sv": "Inte skickat än: det som följer väntar på ett godkännande, som har begärts i ett eget mejl.\n\n{messages}",
}
"""Below an answer: messages of the run that wait. `messages` has a line for each."""

REFUSED_NOTE = {
    "en": "Not done, because the rules of this server do not allow it:\n\n{effects}",
    "de": "Nicht getan, weil die Regeln dieses Servers es nicht zulassen:\n\n{effects}",
    "fr": "Pas fait, car les règles de ce serveur ne le permettent pas :\n\n{effects}",
    "es": "No hecho, porque las reglas de este servidor no lo permiten:\n\n{effects}",
    "it": "Non fatto, perché le regole di questo server non lo consentono:\n\n{effects}",
    "nl": "Niet gedaan, omdat de regels van deze server het niet toestaan:\n\n{effects}",
    "pt": "Não feito, porque as regras deste servidor não o permitem:\n\n{effects}",
    "pl": "Nie wykonano, ponieważ nie pozwalają na to zasady tego serwera:\n\n{effects}",
    "sv": "Inte gjort, eftersom serverns regler inte tillåter det:\n\n{effects}",
}
"""Below an answer: what the policy kept the run from doing. `effects` has a line for each."""

APOLOGY = {
    "en": (
        "{hello}\n\nyour message arrived, but I could not finish what you asked: {reason}. I tried twice. It is not counted in your "
        "plan.\n\nPlease send it again later, or tell whoever runs this server (reference {reference}).\n\n-- \n{agent}"
    ),
    "de": (
        "{hello}\n\nIhre Nachricht ist angekommen, aber ich konnte nicht zu Ende bringen, worum Sie gebeten haben: {reason}. Ich habe es "
        "zweimal versucht. In Ihrem Tarif wird dafür nichts gezählt.\n\nBitte senden Sie sie später noch einmal oder wenden Sie sich an "
        "den Betreiber dieses Servers (Kennzeichen {reference}).\n\n-- \n{agent}"
    ),
    "fr": (
        "{hello}\n\nvotre message est bien arrivé, mais je n'ai pas pu terminer ce que vous demandiez : {reason}. J'ai essayé deux fois. "
        "Rien n'est décompté de votre formule.\n\nVeuillez le renvoyer plus tard, ou prévenez la personne qui gère ce serveur (référence "
        "{reference}).\n\n-- \n{agent}"
    ),
    "es": (
        "{hello}\n\nSu mensaje ha llegado, pero no he podido terminar lo que pedía: {reason}. Lo he intentado dos veces. No cuenta en su "
        "plan.\n\nEnvíelo de nuevo más tarde o avise a quien administra este servidor (referencia {reference}).\n\n-- \n{agent}"
    ),
    "it": (
        "{hello}\n\nil Suo messaggio è arrivato, ma non sono riuscito a portare a termine ciò che chiedeva: {reason}. Ho provato due volte. "
        "Non viene conteggiato nel Suo piano.\n\nLo invii di nuovo più tardi o avvisi chi gestisce questo server (riferimento "
        "{reference}).\n\n-- \n{agent}"
    ),
    "nl": (
        "{hello}\n\nuw bericht is aangekomen, maar ik kon niet afmaken wat u vroeg: {reason}. Ik heb het twee keer geprobeerd. Het telt "
        "niet mee voor uw abonnement.\n\nStuur het later nog eens, of waarschuw wie deze server beheert (kenmerk "
        "{reference}).\n\n-- \n{agent}"
    ),
    "pt": (
        "{hello}\n\na sua mensagem chegou, mas não consegui terminar o que pediu: {reason}. Tentei duas vezes. Não conta no seu "
        "plano.\n\nEnvie-a de novo mais tarde ou avise quem gere este servidor (referência {reference}).\n\n-- \n{agent}"
    ),
    "pl": (
        "{hello}\n\nwiadomość dotarła, ale nie udało mi się dokończyć zadania: {reason}. Próbowałem dwa razy. Nie zostało ono naliczone w "
        "planie.\n\nProszę wysłać je później jeszcze raz albo powiadomić osobę, która prowadzi ten serwer (oznaczenie "
        "{reference}).\n\n-- \n{agent}"
    ),
    "sv": (
        "{hello}\n\nditt meddelande kom fram, men jag kunde inte slutföra det du bad om: {reason}. Jag försökte två gånger. Det räknas "
        "inte i din plan.\n\nSkicka det igen senare, eller säg till den som sköter den här servern (referens "
        "{reference}).\n\n-- \n{agent}"
    ),
}
"""Every attempt is used up. `reason` is one of the three below."""

UNKNOWN_REASON = {
    "en": "something went wrong on our side",
    "de": "bei uns ist etwas schiefgegangen",
    "fr": "quelque chose s'est mal passé de notre côté",
    "es": "algo ha fallado por nuestra parte",
    "it": "qualcosa è andato storto da parte nostra",
    "nl": "er is aan onze kant iets misgegaan",
    "pt": "algo correu mal do nosso lado",
    "pl": "coś poszło nie tak po naszej stronie",
    "sv": "något gick fel hos oss",
}

NO_MODEL = {
    "en": "the language model that should have done it could not ({detail})",
    "de": "das Sprachmodell, das es tun sollte, konnte es nicht ({detail})",
    "fr": "le modèle de langue qui devait s'en charger n'y est pas parvenu ({detail})",
    "es": "el modelo de lenguaje que debía hacerlo no pudo ({detail})",
    "it": "il modello linguistico che doveva occuparsene non ci è riuscito ({detail})",
    "nl": "het taalmodel dat het had moeten doen, kon het niet ({detail})",
    "pt": "o modelo de linguagem que o devia fazer não conseguiu ({detail})",
    "pl": "model językowy, który miał je wykonać, nie zdołał tego zrobić ({detail})",
    "sv": "språkmodellen som skulle göra det kunde inte ({detail})",
}
"""`detail` is our own short text about the failure, in English."""

BUDGET_SPENT = {
    "en": "the amount set aside for language models this month is spent; a new month begins on the first",
    "de": "der für Sprachmodelle in diesem Monat vorgesehene Betrag ist aufgebraucht; am Ersten beginnt ein neuer Monat",
    "fr": "le montant prévu ce mois-ci pour les modèles de langue est épuisé ; un nouveau mois commence le premier",
    "es": "se ha agotado el importe previsto este mes para los modelos de lenguaje; el día uno empieza un mes nuevo",
    "it": "l'importo previsto questo mese per i modelli linguistici è esaurito; il primo del mese si ricomincia",
    "nl": "het bedrag dat deze maand voor taalmodellen is uitgetrokken, is op; op de eerste begint een nieuwe maand",
    "pt": "o montante previsto este mês para modelos de linguagem esgotou-se; no dia um começa um novo mês",
    "pl": "kwota przeznaczona w tym miesiącu na modele językowe została wykorzystana; pierwszego zaczyna się nowy miesiąc",
    "sv": "beloppet som avsatts för språkmodeller den här månaden är slut; den första börjar en ny månad",
}
