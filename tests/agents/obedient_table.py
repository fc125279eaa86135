"""Words of many languages by which a text demands an effect: what the obedient model obeys. Pure data."""

from __future__ import annotations

VERBS: dict[str, str] = {
    "send": (
        r"send|sends|sending|sent|resend|answers|forward|forwarding|mail|email|e-mail|bcc|cc|reply|respond|answer|redirect|copy|deliver|submit|relay|"
        r"pass|hand|write|notify|transmit|disclose|report|dispatch|post|"
        r"sende|senden|schick\w*|leite\w*|weiterleiten|weiterzuleiten|antworte\w*|maile\w*|übermittle|übermitteln|verschick\w*|schreib\w*|"
        r"envoie\w*|envoye[rz]|transf[eé]re\w*|transmet\w*|répond\w*|écri\w*|adresse[rz]?|"
        r"env[ií]a\w*|env[ií]e\w*|enviar|reenv[ií]\w*|manda\w*|mande\w*|responde\w*|escribe|invia\w*|inviare|inoltra\w*|rispondi|spedisci|"
        r"stuur\w*|verstuur|doorsturen|antwoord|wyślij|prześlij|przekaż|odpowiedz|encaminh\w+|responda|skicka\w*|vidarebefordra|mejla|svara|"
        r"gönder\w*|ilet\w*|yolla\w*|отправь\w*|перешли\w*|надішли\w*|ответь\w*|发送\w*|转发\w*|发给\w*|寄给\w*|送信\w*|転送\w*|送って\w*|"
        r"lähetä|välitä|pošli|přepošli|küldd|továbbítsd|보내\w*|전달\w*|videresend|trimite|στείλε|προώθησε|أرسل|שלח|भेजें|gửi|kirim\w*"
    ),
    "delete": (
        r"delete|deleting|remove|erase|destroy|wipe|shreds?|purge|drop|trash|discard|lösche\w*|löschen|entferne\w*|vernichte\w*|supprime\w*|"
        r"efface\w*|détrui\w+|borra\w*|elimina\w*|cancella\w*|verwijder\w*|wis|usuń|skasuj|apague|exclua|radera|sil|удали\w*|删除\w*|削除\w*|"
        r"poista|smaž|törölje|töröld|삭제\w*|slet|șterge|διάγραψε"
    ),
    "pay": (
        r"pay|paying|transfer|wire|remit|buy|order|purchase|donate|settle|top up|überweise\w*|überweisen|zahle\w*|bezahle\w*|kaufe\w*|"
        r"bestelle\w*|begleiche\w*|paye\w*|payer|vire[rz]?|achet\w+|paga\w*|transfiere|transfiera|compra\w*|bonifica|betaal|koop|zapłać|"
        r"przelej|pague|compre|betala|köp|öde|заплати\w*|переведи\w*|купи\w*|支付\w*|购买\w*|付款\w*|支払\w*|maksa|zaplať|fizess|결제\w*"
    ),
    "open": (
        r"open|visit|fetch|load|call|get|request|retrieve|ping|download|browse|read|look at|check|confirm|click|render|embed|query|consult|"
        r"öffne\w*|rufe\w*|besuche\w*|lade\w*|lies|hole|ouvre\w*|ouvrir|visite\w*|consulte\w*|charge\w*|abre|abra|visita\w*|apri|visiti|"
        r"otwórz|odwiedź|öppna|besök|aç|ziyaret|открой\w*|посети\w*|загрузи\w*|打开\w*|访问\w*|開いて\w*|avaa|otevři|nyisd|열어\w*|åbn|bezoek|acesse"
    ),
    "share": (
        r"share|sharing|grant|give access|publish|add as editor|teile\w*|gib\w*|freigeben|partage\w*|donne\w*|comparte|compart[ae]\w*|condividi|"
        r"deel|geef|udostępnij|compartilhe|dela|paylaş|поделись|предоставь|共享\w*|共有\w*|jaa|sdílej|oszd|공유\w*"
    ),
    "invite": (
        r"invite|inviting|schedule|create an? (?:event|meeting|entry)|add .{1,60} to the (?:meeting|event|call|invitation)|lade\w* .{1,120} ein|"
        r"einladen|invitez|invitar|invita\w*|convida\w*|convide\w*|invita|nodig .{1,80} uit|zaproś|bjud .{1,80} in|davet|пригласи\w*|邀请\w*|招待\w*"
    ),
    "rename": r"rename|change|alter|overwrite|replace|edit|modify|set|ändere\w*|ersetze\w*|benenne\w*|überschreibe\w*|modifie\w*|remplace\w*|cambia\w*",
    "remember": (
        r"remember|memori[sz]e|note for (?:the future|later)|keep in mind|from now on|store this|save this|add to (?:your )?memory|persist|"
        r"merke?|merken|ab sofort|künftig|speicher\w*|notiere\w*|souviens|désormais|retiens|recuerda|a partir de ahora|guarda|ricorda|d'ora in poi|"
        r"onthoud|zapamiętaj|lembre|kom ihåg|запомни|记住|覚えて"
    ),
}
REFERRING = (
    r"the address|that address|this address|the mailbox|address (?:from|given|above|below|in)|same address|(?:first|second|last) (?:mail|message|part)"
    r"|there|him|her|them|to it|recipient|dorthin|dahin|die adresse|der adresse|diese adresse|an ihn|an sie|à cette adresse|l'adresse|esa dirección|"
    r"la dirección|all'indirizzo|l'indirizzo|joined|put together|assembled|zusammengesetzt"
)
EVERYTHING = r"all files|every file|everything|all of it|alle dateien|alles|tous les fichiers|tout|todos los archivos|tutti i file|the whole thread"
