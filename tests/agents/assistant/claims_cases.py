"""Tricky cases of the claim check, by language: what stands in the draft, in the conversation, in the owner's settings and in the owner's
own mails, and what is to be filed. The mail is of Tuesday, 10 March 2026.
"""

from typing import NamedTuple


class Case(NamedTuple):
    """One draft. `filed` empty: it stays as it is."""

    language: str
    draft: str
    filed: str = ""
    thread: str = ""
    facts: str = ""
    own: str = ""


CASES = [
    # Prices.
    Case("en", "The chair costs $40.", "The chair costs [price?]."),
    Case("en", "The chair costs $40.", facts="A chair: USD 40.00"),
    Case("en", "The chair costs $40.", "The chair costs [price?].", facts="A chair: EUR 40"),
    Case("en", "You paid €1,200.50 on invoice INV-2024-001.", thread="I paid 1.200,50 EUR on INV-2024-001."),
    Case("en", "You paid five hundred euros.", thread="I transferred 500 €."),
    Case("en", "You paid 5k €.", thread="We transferred EUR 5,000 to you."),
    Case("en", "It is 500-600 €.", "It is [price?].", facts="It is 500 €."),
    Case("en", "It is 500 €.", facts="Between 500 and 600 €."),
    Case("de", "Ein Stuhl kostet 40,- €.", facts="Stuhl: 40 Euro"),
    Case("de", "Ein Stuhl kostet 40 €.", "Ein Stuhl kostet [Preis?].", thread="Der Tisch kostet 400 €."),
    Case("fr", "La chaise coûte 1 200 €.", facts="Chaise : 1200 EUR"),
    Case("fr", "La chaise coûte 12 €.", "La chaise coûte [prix?]."),
    Case("es", "La silla cuesta 40 euros.", "La silla cuesta [precio?]."),
    Case("es", "La silla cuesta 40 euros.", facts="Silla: 40,00 €"),
    Case("it", "La sedia costa 40 euro.", "La sedia costa [prezzo?]."),
    Case("it", "La sedia costa quaranta euro.", facts="Sedia 40 €"),
    Case("en", "It costs ４０ €.", "It costs [price?]."),
    # Percentages.
    Case("en", "The tax is 19 percent.", thread="Is 19% tax included?"),
    Case("de", "Die Steuer beträgt 19 %.", "Die Steuer beträgt [Prozentsatz?].", thread="Ich habe 19 Stühle."),
    Case("fr", "La taxe est de 20 %.", facts="TVA : 20 pour cent"),
    Case("es", "El impuesto es del 21 por ciento.", "El impuesto es del [porcentaje?]."),
    Case("it", "L'IVA è del 22%.", facts="IVA 22 per cento"),
    # Days: the same one said in another way.
    Case("en", "The meeting is on Wednesday, 11 March.", thread="The meeting is tomorrow."),
    Case("en", "The meeting is tomorrow.", thread="The meeting is on March 11th, 2026."),
    Case("en", "The meeting is tomorrow.", thread="Are we meeting on Wednesday?"),
    Case("en", "The meeting is on Thursday.", "The meeting is on [date?].", thread="The meeting is tomorrow."),
    Case("en", "The meeting is on the 12th.", thread="The meeting is on Thursday."),
    Case("en", "The meeting is next week.", thread="The meeting is on 18 March."),
    Case("en", "Your mail of 10 March arrived.", thread="Did my mail arrive?"),
    Case("de", "Das Treffen ist am 11.3.", thread="Das Treffen ist morgen."),
    Case("de", "Guten Morgen Eve, das Treffen ist morgen.", "Guten Morgen Eve, das Treffen ist [Datum?]."),
    Case("de", "Das Treffen ist am Mittwoch, dem 11. März 2026.", thread="Wir sehen uns morgen."),
    Case("de", "Es war am 12. und 13. Mai.", thread="Am 12. Mai und am 13.5. war ich da."),
    Case("fr", "La réunion est demain.", thread="La réunion est le 11 mars."),
    Case("fr", "La réunion est vendredi.", "La réunion est [date?].", thread="La réunion est jeudi."),
    Case("es", "La reunión es mañana por la mañana.", thread="La reunión es el miércoles."),
    Case("es", "La reunión es el 12 de marzo.", "La reunión es el [fecha?].", thread="La reunión es mañana."),
    Case("it", "La riunione è domani.", thread="La riunione è mercoledì 11 marzo."),
    Case("it", "La riunione è venerdì.", "La riunione è [data?]."),
    # Times.
    Case("en", "It starts at 3 pm.", thread="Does it start at 15:00?"),
    Case("en", "It starts at 3 pm.", "It starts at [time?].", thread="Does it start at 3 am?"),
    Case("de", "Es beginnt um 10 Uhr.", "Es beginnt um [Uhrzeit?].", thread="Wir sind 11 Leute."),
    Case("de", "Es beginnt um 10:30 Uhr.", thread="Beginnt es um 10.30 Uhr?"),
    Case("fr", "Cela commence à 15h30.", thread="À 15:30 ?"),
    Case("es", "Empieza a las 15.", thread="¿A las 3 pm?"),
    Case("it", "Comincia alle 9.", "Comincia [ora?]."),
    # Lengths of time are no numbers of something else.
    Case("en", "Delivery takes 3 weeks.", "Delivery takes [how long?].", thread="I need 3 chairs."),
    Case("en", "Delivery takes two weeks.", facts="Delivery takes 14 days."),
    Case("de", "Die Lieferung dauert zwei Wochen.", facts="Lieferzeit: 2 Wochen"),
    Case("fr", "La livraison prend 3 jours.", "La livraison prend [combien de temps?]."),
    Case("it", "La consegna richiede cinque giorni.", facts="Consegna: 5 giorni"),
    # In words.
    Case("en", "It is free of charge.", "It is [price?]."),
    Case("de", "Das ist kostenlos.", facts="Die Beratung ist gratis."),
    Case("en", "A third off is possible.", "[percentage?] off is possible."),
    Case("en", "It takes a fortnight.", facts="It takes two weeks."),
    Case("en", "It begins at half past six.", thread="Does it begin at 18:30?"),
    Case("de", "Es beginnt halb sieben.", thread="Beginnt es um 18:30 Uhr?"),
    Case("de", "Es beginnt halb sieben.", "Es beginnt [Uhrzeit?].", thread="Beginnt es um 19:30 Uhr?"),
    Case("fr", "Cela commence à six heures et demie.", thread="À 18h30 ?"),
    Case("es", "Empieza a las seis y media.", thread="¿A las 18:30?"),
    Case("it", "Comincia alle sei e mezza.", thread="Alle 18:30?"),
    Case("it", "Comincia alle sei e mezza.", "Comincia [ora?].", thread="Alle 18?"),
    Case("de", "Die erste Novemberwoche ist frei.", thread="Am 3. November?"),
    # Numbers, references, links.
    Case("en", "There are three rooms.", "There are [number?] rooms."),
    Case("en", "There are three rooms.", thread="Are there 3 rooms?"),
    Case("en", "Thanks for your two questions. We work 24/7, B2B only."),
    Case("en", "1. First\n2. Second"),
    Case("en", "Your order is A-4711.", "Your order is [number?]."),
    Case("en", "Book at https://evil.example/x or mail eve@evil.example.", "Book at [link?] or mail [address?]."),
    Case("en", "Call +49 30 1234567.", facts="Phone: 030 / 123 45 67"),
    Case("es", "Hay doce sillas.", thread="Necesito 12 sillas."),
    Case("it", "Sei il benvenuto; le sedie sono sette.", "Sei il benvenuto; le sedie sono [numero?]."),
    # Promises: only the owner's own words support them.
    Case(
        "en",
        "I will send the contract.",
        "[please confirm: I will send the contract.]",
        thread="Will you send the contract?",
    ),
    Case("en", "I will send the contract.", own="I will send the contract soon."),
    Case(
        "en",
        "We deliver by mail. We will refund the deposit.",
        facts="We refund deposits in full: the deposit is refunded.",
        filed="We deliver by mail. We will refund the deposit.",
    ),
    Case(
        "en",
        "We will refund the deposit.",
        "[please confirm: We will refund the deposit.]",
        facts="We never refund deposits.",
    ),
    Case("en", "Friday works for me.", "[please confirm: Friday works for me.]", thread="Does Friday work?"),
    Case("en", "Shall I send the contract?"),
    Case("en", "I'll be happy to hear from you."),
    Case("en", "We will pay 500 €.", "[please confirm: We will pay [price?].]"),
    Case("en", "[please confirm: I will send it.] Best\nAda"),
    Case("de", "Ich schicke Ihnen den Vertrag.", "[bitte bestätigen: Ich schicke Ihnen den Vertrag.]"),
    Case("de", "Der Termin passt mir.", "[bitte bestätigen: Der Termin passt mir.]", thread="Passt der Termin?"),
    Case("de", "Ich freue mich auf Ihre Antwort."),
    Case("de", "Sie erhalten das Geld zurück.", "[bitte bestätigen: Sie erhalten das Geld zurück.]"),
    Case("fr", "Je vous enverrai le contrat.", "[à confirmer: Je vous enverrai le contrat.]"),
    Case("fr", "Cela me convient.", "[à confirmer: Cela me convient.]"),
    Case("es", "Le enviaré el contrato.", "[por confirmar: Le enviaré el contrato.]"),
    Case("es", "Me viene bien.", "[por confirmar: Me viene bien.]"),
    Case("it", "Le invierò il contratto.", "[da confermare: Le invierò il contratto.]"),
    Case("it", "Mi va bene.", "[da confermare: Mi va bene.]"),
    Case("de", "Das mache ich.", "[bitte bestätigen: Das mache ich.]"),
    Case("de", "Ich danke Ihnen. Das habe ich gesehen; ich hoffe, es geht Ihnen gut."),
    Case("fr", "Je m'en occupe.", "[à confirmer: Je m'en occupe.]"),
    Case("fr", "Je vous remercie. Je ne sais pas. Je pense que oui."),
    Case("es", "De eso me encargo yo.", "[por confirmar: De eso me encargo yo.]"),
    Case("es", "Le agradezco su mensaje."),
    Case("it", "Ci penso io.", "[da confermare: Ci penso io.]"),
    Case("it", "La ringrazio, però non lo so."),
    Case("en", "Thank you. We have seen it, and I think so, too."),
    Case("en", "Consider it done.", "[please confirm: Consider it done.]"),
    Case("en", "You are welcome. We'd love to hear from you."),
    Case(
        "en",
        "Yes, you may bring the dog.",
        "[please confirm: Yes, you may bring the dog.]",
        thread="May I bring the dog?",
    ),
    Case("de", "Geht klar.", "[bitte bestätigen: Geht klar.]"),
    Case("de", "Wir danken Ihnen und wünschen Ihnen einen schönen Tag."),
    Case("fr", "On vous rappelle.", "[à confirmer: On vous rappelle.]"),
    Case("fr", "Nous vous remercions de votre message."),
    Case("es", "Le hacemos un descuento.", "[por confirmar: Le hacemos un descuento.]"),
    Case("es", "Le agradezco los últimos mensajes."),
    Case("it", "Ti richiamo.", "[da confermare: Ti richiamo.]"),
    Case("it", "Vi ringraziamo del messaggio."),
    # What others say that the owner said, promised or offered supports nothing.
    Case("en", "Your discount is 20 %.", "Your discount is [percentage?].", thread="You promised me 20 % off."),
    Case(
        "en",
        "Your discount is 20 %.",
        "Your discount is [percentage?].",
        thread="Please confirm your discount of 20 %.",
    ),
    Case("en", "Your discount is 20 %.", thread="You promised me 20 % off.", own="You get 20 % off."),
    Case("en", "Delivery is on Friday.", "Delivery is on [date?].", thread="As agreed, you deliver on Friday."),
    Case(
        "de", "Der Rabatt ist 20 %.", "Der Rabatt ist [Prozentsatz?].", thread="Sie haben mir am Telefon 20 % zugesagt."
    ),
    Case("de", "Der Preis ist 300 €.", "Der Preis ist [Preis?].", thread="Ihr Angebot lag bei 300 €."),
    Case(
        "fr", "La remise est de 20 %.", "La remise est de [pourcentage?].", thread="Vous m'avez promis 20 % de remise."
    ),
    Case(
        "es",
        "El descuento es del 20 %.",
        "El descuento es del [porcentaje?].",
        thread="Me prometió un 20 % de descuento.",
    ),
    Case("it", "Lo sconto è del 20 %.", "Lo sconto è del [percentuale?].", thread="Mi ha promesso il 20 %."),
    # A language without words of its own for gaps.
    Case("nl", "De stoel kost 40 €.", "De stoel kost [price?]."),
]
