"""What the rules model makes of kinds of mail in five languages: frauds, cold offers, requests without a question mark, and honest mail
that has the same words."""

from __future__ import annotations

import pytest

from mailwright.agents.models import Material, rules
from mailwright.agents.models.rules import Seen

UNPROVEN = [
    ("Payment declined", "We could not charge your card for your subscription. Update your payment method today to avoid interruption: https://pay.example.net/u"),
    ("Parcel waiting", "Your parcel could not be delivered because the address is incomplete. Confirm it here: https://track.example.net/p"),
    ("Tax refund", "You are eligible for a tax refund of 384.20. Submit your claim within three days: https://tax.example.net"),
    ("Mailbox storage", "Your mailbox is almost full. Messages will be deleted unless you upgrade your storage now: https://mail.example.net/q"),
    ("Overdue", "Final notice: invoice 8841 remains unpaid. Pay today to avoid collection proceedings."),
    ("Our bank details", "Please note that our bank details have been updated. Kindly settle all outstanding invoices to the account below."),
    ("Domain renewal", "Your domain is about to expire. Renew immediately or you will lose it: https://domains.example.net"),
    ("Quick favour", "Are you at your desk? I need you to handle a discreet payment for me before noon. I am in a meeting and cannot take calls."),
    ("Congratulations", "You have been chosen to receive a brand new phone. Pay only the shipping of 1.95 to get it."),
    ("Unclaimed estate", "I am a lawyer. A client with your surname passed away and left 9.4 million. I propose that we share the funds."),
    ("Shared document", "A document has been shared with you. Log in with your e-mail password to view it: https://docs.example.net"),
    ("Double your coins", "Our experts double your Ethereum in two weeks. Deposit today, withdraw at any time."),
    ("Zahlung fehlgeschlagen", "Ihre letzte Zahlung ist fehlgeschlagen. Aktualisieren Sie umgehend Ihre Zahlungsdaten, sonst sperren wir Ihren Zugang: https://zahlung.example.net"),
    ("Ihr Paket", "Ihr Paket konnte nicht zugestellt werden. Bitte bezahlen Sie 2,99 € Gebühr: https://paket.example.net"),
    ("Letzte Mahnung", "Letzte Mahnung: Die Rechnung 4410 ist offen. Zahlen Sie heute, sonst übergeben wir an das Inkasso."),
    ("Steuererstattung", "Sie haben Anspruch auf eine Erstattung von 412,30 €. Beantragen Sie sie innerhalb von drei Tagen: https://steuer.example.net"),
    ("Sicherheit", "Wir haben eine verdächtige Anmeldung in Ihrem Konto festgestellt. Verifizieren Sie Ihre Identität: https://konto.example.net"),
    ("Kurze Bitte", "Sind Sie am Platz? Ich brauche noch heute eine diskrete Überweisung und bin nicht erreichbar, da ich in einer Besprechung sitze."),
    ("Glückwunsch", "Sie sind unser Gewinner des Monats! Fordern Sie Ihren Preis an: https://preis.example.net"),
    ("Nachlass", "Ich bin Anwalt. Ein Kunde mit Ihrem Nachnamen ist verstorben und hinterließ 8 Mio. Euro. Ich schlage vor, dass wir den Betrag teilen."),
    ("Postfach", "Ihr Speicherplatz ist fast aufgebraucht. Ohne Erweiterung werden Nachrichten gelöscht: https://speicher.example.net"),
    ("Paiement refusé", "Votre dernier paiement a été refusé. Mettez à jour vos informations de paiement pour éviter la suspension : https://payer.example.net"),
    ("Votre colis", "Votre colis n'a pas pu être livré. Réglez 1,99 € de frais ici : https://colis.example.net"),
    ("Dernier rappel", "Dernier rappel avant mise en demeure : la facture 5521 est impayée. Payez aujourd'hui."),
    ("Remboursement", "Vous avez droit à un remboursement d'impôt de 276,40 €. Remplissez le formulaire sous trois jours : https://impots.example.net"),
    ("Carte Vitale", "Votre carte arrive à expiration. Renouvelez-la sans attendre : https://sante.example.net"),
    ("Service", "Êtes-vous disponible ? J'ai besoin d'un virement discret avant midi, je suis en réunion et injoignable."),
    ("Félicitations", "Vous êtes notre gagnant du mois. Réclamez votre lot : https://lot.example.net"),
    ("Stockage", "Votre boîte est presque pleine. Vos messages seront supprimés sans mise à niveau : https://boite.example.net"),
    ("Pago rechazado", "Su último pago ha sido rechazado. Actualice sus datos de pago para evitar la suspensión: https://pago.example.net"),
    ("Su envío", "No hemos podido entregar su paquete. Abone 1,99 € de tasas aquí: https://envio.example.net"),
    ("Último aviso", "Último aviso: la factura 3301 está impagada. Pague hoy para evitar acciones legales."),
    ("Reembolso", "Tiene derecho a una devolución de impuestos de 318,75 €. Solicítela en tres días: https://hacienda.example.net"),
    ("Seguridad", "Hemos detectado un acceso sospechoso a su cuenta. Verifique su identidad: https://cuenta.example.net"),
    ("Favor", "¿Está en la oficina? Necesito una transferencia discreta antes del mediodía; estoy reunido y no puedo atender llamadas."),
    ("Enhorabuena", "Es usted el ganador del mes. Reclame su regalo: https://regalo.example.net"),
    ("Pagamento rifiutato", "Il suo ultimo pagamento è stato rifiutato. Aggiorni i dati di pagamento per evitare la sospensione: https://paga.example.net"),
    ("La sua spedizione", "Non è stato possibile consegnare il suo pacco. Versi 1,99 € di spese qui: https://pacco.example.net"),
    ("Ultimo avviso", "Ultimo avviso: la fattura 2207 risulta non pagata. Paghi oggi per evitare azioni legali."),
    ("Rimborso", "Ha diritto a un rimborso fiscale di 294,10 €. Lo richieda entro tre giorni: https://fisco.example.net"),
    ("Sicurezza", "Abbiamo rilevato un accesso sospetto al suo conto. Verifichi la sua identità: https://conto.example.net"),
    ("Favore", "È in ufficio? Mi serve un bonifico riservato prima di mezzogiorno; sono in riunione e non posso rispondere al telefono."),
    ("Congratulazioni", "È il vincitore del mese. Reclami il suo premio: https://premio.example.net"),
]  # fmt: skip

COLD = [
    ("Your Google ranking", "I noticed your website is not on the first page of Google. We can get you there within 90 days. Shall I send our packages?"),
    ("Verified contacts", "We supply verified e-mail lists of 40,000 decision makers in your industry. Reply for a free sample."),
    ("Re: my last mail", "Just floating this to the top of your inbox. Our outsourced developers cost 60% less than yours. Worth a chat this week?"),
    ("Funding for your business", "You have been pre-approved for a business loan of up to 250,000 with no credit check. Interested?"),
    ("Sponsored article", "We would like to publish a sponsored article with a dofollow link on your blog. What are your rates?"),
    ("Ihr Ranking", "Ihre Website erscheint nicht auf der ersten Seite bei Google. Wir bringen Sie in 90 Tagen dorthin. Wann darf ich Sie anrufen?"),
    ("Adressdaten", "Wir liefern geprüfte Firmenadressen von 40.000 Entscheidern Ihrer Branche. Gern sende ich Ihnen ein kostenloses Muster."),
    ("Votre visibilité", "Votre site n'apparaît pas en première page de Google. Nos experts vous y amènent en 90 jours. Quand puis-je vous appeler ?"),
    ("Fichier de prospects", "Nous proposons un fichier qualifié de 40 000 décideurs de votre secteur. Souhaitez-vous un échantillon gratuit ?"),
    ("Su página", "Su web no aparece en la primera página de Google. Nuestros expertos la llevan allí en 90 días. ¿Cuándo le puedo llamar?"),
    ("Base de datos", "Ofrecemos una base de datos verificada de 40.000 directivos de su sector. ¿Le envío una muestra gratuita?"),
    ("Il suo sito", "Il suo sito non compare nella prima pagina di Google. I nostri esperti la portano lì in 90 giorni. Quando posso chiamarla?"),
    ("Elenco contatti", "Offriamo un database verificato di 40.000 dirigenti del suo settore. Le invio un campione gratuito?"),
]  # fmt: skip

ASKS = [
    ("Workshop", "I was hoping to find out whether the workshop is wheelchair accessible."),
    ("Photos", "It would help us a great deal to have the photos before the weekend."),
    ("Numbers", "I still don't have the figures for March from you."),
    ("Proposal", "Attached is my proposal. I'd be interested to hear what you think."),
    ("Contract", "Please find the contract attached for your signature."),
    ("Draft", "Here is the first draft. Any comments are welcome before I send it on."),
    ("Slot", "Just checking whether the slot on the 14th is still open."),
    ("Following up", "Following up on my mail of last week, as I have not had an answer yet."),
    ("Visit", "We are coming through in June and would love to see the workshop, if that is possible."),
    ("Quote", "We require a quotation for twenty frames, to be received no later than the 5th."),
    ("Decision", "The board meets on Thursday and needs to know by then if you are in."),
    ("Your view", "I would value your opinion on the two options below."),
    ("Besuch", "Ich wollte mich erkundigen, ob die Werkstatt barrierefrei ist."),
    ("Fotos", "Für uns wäre es eine große Hilfe, die Fotos vor dem Wochenende zu haben."),
    ("Zahlen", "Mir fehlen noch die Zahlen für März."),
    ("Vorschlag", "Anbei mein Vorschlag. Über eine Einschätzung von dir würde ich mich freuen."),
    ("Vertrag", "Anbei der Vertrag mit der Bitte um Unterschrift."),
    ("Angebot", "Wir bitten um ein Angebot für zwanzig Rahmen bis zum 5. des Monats."),
    ("Nachfrage", "Auf meine Mail von letzter Woche habe ich leider noch nichts gehört."),
    ("Entscheidung", "Unser Gremium tagt am Donnerstag und muss bis dahin wissen, ob ihr dabei seid."),
    ("Entwurf", "Hier der erste Entwurf. Für Anmerkungen bin ich dankbar."),
    ("Termin", "Ich bitte um kurze Rückmeldung, ob der Termin noch frei ist."),
    ("Visite", "Je souhaitais savoir si l'atelier est accessible en fauteuil roulant."),
    ("Photos", "Cela nous aiderait beaucoup d'avoir les photos avant le week-end."),
    ("Chiffres", "Il me manque encore les chiffres de mars."),
    ("Proposition", "Vous trouverez ci-joint ma proposition. Je serais curieuse d'avoir votre avis."),
    ("Contrat", "Ci-joint le contrat, à nous retourner signé."),
    ("Devis", "Nous vous prions de nous faire parvenir un devis pour vingt cadres avant le 5."),
    ("Relance", "Je reviens vers vous car je n'ai pas eu de réponse à mon message de la semaine dernière."),
    ("Décision", "Le conseil se réunit jeudi et doit savoir d'ici là si vous participez."),
    ("Ébauche", "Voici la première ébauche. Vos remarques sont les bienvenues."),
    ("Créneau", "Dans l'attente de votre retour concernant le créneau du 14."),
    ("Visita", "Quisiera saber si el taller es accesible en silla de ruedas."),
    ("Fotos", "Nos ayudaría mucho tener las fotos antes del fin de semana."),
    ("Cifras", "Todavía me faltan las cifras de marzo."),
    ("Propuesta", "Adjunto mi propuesta. Me interesa mucho conocer su opinión."),
    ("Contrato", "Le adjunto el contrato para su firma."),
    ("Presupuesto", "Rogamos nos hagan llegar un presupuesto de veinte marcos antes del día 5."),
    ("Seguimiento", "Le escribo de nuevo porque no he recibido respuesta a mi correo de la semana pasada."),
    ("Decisión", "La junta se reúne el jueves y tiene que saber antes si participáis."),
    ("Borrador", "Aquí va el primer borrador. Cualquier comentario será bien recibido."),
    ("Hueco", "Le agradecería que me indicara si el hueco del 14 sigue libre."),
    ("Visita", "Volevo chiedere se il laboratorio è accessibile in carrozzina."),
    ("Foto", "Ci aiuterebbe molto avere le foto prima del fine settimana."),
    ("Numeri", "Mi mancano ancora i numeri di marzo."),
    ("Proposta", "In allegato la mia proposta. Mi interesserebbe il suo parere."),
    ("Contratto", "Allego il contratto da restituire firmato."),
    ("Preventivo", "Si prega di farci pervenire un preventivo per venti cornici entro il 5."),
    ("Sollecito", "Torno a scriverle perché non ho ricevuto risposta alla mia mail della settimana scorsa."),
    ("Decisione", "Il consiglio si riunisce giovedì e deve sapere per allora se partecipate."),
    ("Bozza", "Ecco la prima bozza. Ogni osservazione è gradita."),
    ("Posto", "Resto in attesa di un cortese riscontro sul posto del 14."),
]  # fmt: skip

HONEST = [
    ("Invoice 17", "Please find attached our invoice 17 for the glass delivered in May. Payment within 30 days. Many thanks for your order."),
    ("Payment", "I have transferred the deposit to your account this morning, so you should see it tomorrow."),
    ("Parcel", "The parcel arrived safely this afternoon. The frame looks wonderful on the wall."),
    ("Raffle", "Our parish raffle raised 400 pounds. Mrs Hill won the hamper."),
    ("Grandmother's house", "We are clearing grandmother's house after the inheritance was settled, and found two old frames."),
    ("Rechnung 22", "Anbei unsere Rechnung 22 über das Glas vom Mai, zahlbar innerhalb von 30 Tagen. Vielen Dank für Ihren Auftrag."),
    ("Anzahlung", "Die Anzahlung habe ich heute Morgen auf Ihr Konto überwiesen."),
    ("Paket", "Das Paket ist heute gut angekommen. Der Rahmen sieht großartig aus."),
    ("Facture 31", "Veuillez trouver ci-joint notre facture 31 pour le verre livré en mai, payable à 30 jours. Merci pour votre commande."),
    ("Acompte", "J'ai viré l'acompte sur votre compte ce matin."),
    ("Colis", "Le colis est bien arrivé cet après-midi, le cadre est magnifique."),
    ("Factura 40", "Adjuntamos nuestra factura 40 por el vidrio de mayo, con pago a 30 días. Gracias por su pedido."),
    ("Señal", "Esta mañana he transferido la señal a su cuenta."),
    ("Paquete", "El paquete ha llegado bien esta tarde. El marco queda precioso."),
    ("Fattura 52", "In allegato la nostra fattura 52 per il vetro di maggio, pagamento a 30 giorni. Grazie per l'ordine."),
    ("Acconto", "Stamattina ho versato l'acconto sul suo conto."),
    ("Pacco", "Il pacco è arrivato bene oggi pomeriggio. La cornice è bellissima."),
    ("Gift card", "Do you sell vouchers? I would like one over 50 pounds for my sister."),
    ("Lost card", "I lost my bank card and can pay in cash only when I collect the bike. Is that all right?"),
    ("Website", "I found your website through a friend and would like to have two prints framed. What would that cost?"),
    ("Rechnung", "Könnten Sie mir die Rechnung vom Mai noch einmal schicken? Ich finde sie nicht mehr und muss sie bis Freitag bezahlen."),
    ("Gutschein", "Gibt es bei Ihnen Gutscheine? Ich möchte einen über 50 Euro verschenken."),
    ("Facture", "Pourriez-vous m'envoyer la facture de mai ? Je dois la payer avant vendredi."),
    ("Factura", "¿Podría enviarme la factura de mayo? Tengo que pagarla antes del viernes."),
    ("Fattura", "Potrebbe mandarmi la fattura di maggio? Devo pagarla entro venerdì."),
    ("Neue Bank", "Auf welches Konto darf ich überweisen? Auf der Rechnung steht keine IBAN."),
]  # fmt: skip

NEWS = [
    ("Arrived", "Just to let you know that we landed safely and the flat is lovely. Talk soon."),
    ("Minutes", "Please find attached the minutes of Tuesday's meeting. They will be on the wiki as well."),
    ("Moved", "Our office has moved: from Monday you will find us at 12 Mill Lane. Telephone numbers stay the same."),
    ("Delivered", "The pallets left the yard at noon and will be with you tomorrow. The driver will ring the bell."),
    ("Angekommen", "Wir sind gut gelandet, die Wohnung ist herrlich. Bis bald."),
    ("Protokoll", "Anbei das Protokoll der Sitzung vom Dienstag. Es liegt auch in der Ablage."),
    ("Umzug", "Unser Büro ist umgezogen: Ab Montag finden Sie uns in der Mühlgasse 12. Die Telefonnummern bleiben gleich."),
    ("Arrivés", "Nous avons bien atterri, l'appartement est superbe. À bientôt."),
    ("Compte rendu", "Veuillez trouver ci-joint le compte rendu de la réunion de mardi. Il est aussi dans le dossier partagé."),
    ("Llegada", "Hemos aterrizado bien y el piso es precioso. Hasta pronto."),
    ("Acta", "Adjunto el acta de la reunión del martes. También está en la carpeta común."),
    ("Arrivati", "Siamo atterrati bene, l'appartamento è bellissimo. A presto."),
    ("Verbale", "In allegato il verbale della riunione di martedì. Si trova anche nella cartella comune."),
]  # fmt: skip


def said(subject: str, text: str, **seen: bool) -> str:
    return rules.triage(Material(subject=subject, text=text, sent_at=0), Seen(**seen)).category


@pytest.mark.parametrize(("subject", "text"), UNPROVEN)
def test_who_presses_for_money_or_a_password_and_proves_nothing_is_unwanted(subject: str, text: str) -> None:
    assert said(subject, text, proven=False) == "spam"


@pytest.mark.parametrize(("subject", "text"), COLD)
def test_what_is_offered_unasked_is_unwanted_but_from_people_one_writes_to(subject: str, text: str) -> None:
    assert said(subject, text) == "spam"
    assert said(subject, text, known=True, in_thread=True) != "spam"


@pytest.mark.parametrize(("subject", "text"), ASKS)
def test_who_waits_for_something_is_heard_without_a_question_mark(subject: str, text: str) -> None:
    assert said(subject, text, known=True) == "needs_reply"
    assert said(subject, text) == "needs_reply"


@pytest.mark.parametrize(("subject", "text"), [*HONEST, *ASKS, *NEWS])
def test_honest_mail_with_the_same_words_is_not_called_unwanted(subject: str, text: str) -> None:
    assert said(subject, text) != "spam"
    assert said(subject, text, proven=False) != "spam"


@pytest.mark.parametrize(("subject", "text"), NEWS)
def test_news_of_somebody_the_owner_writes_to_wants_no_answer(subject: str, text: str) -> None:
    assert said(subject, text, known=True) == "informational"
