"""The words of commands to the concierge, in seven languages: tables of patterns, read by `commands`.

Each pattern is matched against a whole sentence in lower case, without its greeting, its politeness and its last full stop. A group
`about` names what is meant, a group `phrase` says when.
"""

from __future__ import annotations

import re

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")

POLITE = re.compile(
    r"^(?:(?:ok(?:ay)?|hi|hello|hey|hallo|bonjour|salut|hola|ciao|ol[áa]|hoi|(?:no|nein|non|n[ãa]o|nee)(?=[,!.])|thanks|thank you|danke|merci|gracias|grazie|"
    r"obrigad[oa]|bedankt|dank je|sorry|actually|please|pls|bitte|s'il (?:te|vous) pla[iî]t|stp|svp|por favor|per favore|alsjeblieft|alstublieft|"
    r"(?:can|could|would|will) you|kannst du|k[öo]nntest du|k[öo]nnen sie|k[öo]nnten sie|peux-tu|pouvez-vous|pourriez-vous|puedes|podr[íi]as|puoi|"
    r"potresti|podes|pode|kun je|kan je|kunt u)[\s,!.:]+)+",
)
POLITE_END = re.compile(
    r"(?:[\s,]+(?:please|pls|bitte|s'il (?:te|vous) pla[iî]t|stp|svp|por favor|per favore|alsjeblieft|alstublieft|aub|graag|thanks|thank you|danke|merci|"
    r"gracias|grazie|obrigad[oa]|bedankt|instead|stattdessen|plut[ôo]t))+$",
)
IT = re.compile(
    r"^(?:it|this|that|this one|that one|them|the (?:reminder|follow-?up|task)|my reminder|das|es|dies|diese?[snm]?(?: erinnerung)?|die erinnerung|den termin|"
    r"[çc]a|cela|le|la|ce rappel|le rappel|eso|esto|lo|el recordatorio|este recordatorio|lo|questo|quello|il promemoria|isso|isto|este|o lembrete|"
    r"het|dit|dat|deze|de herinnering)$",
)
ALL = re.compile(
    r"^(?:all|everything|all of (?:it|them)|all reminders|alles?|alle|alle erinnerungen|tout|tous(?: les rappels)?|toutes?|todo|todos|todas|tutto|tutti|tudo|"
    r"alle herinneringen)$",
)

CANCEL = re.compile(
    r"(?:cancel|delete|remove|drop|forget(?: about)?|scrap|stop|call off|stornier(?:e|en)?|l[öo]sch(?:e|en)?|streich(?:e|en)?|vergiss|abbrechen|absagen|"
    r"annul(?:e[rz]?)|supprime[rz]?|efface[rz]?|oublie[rz]?|"
    r"cancela(?:r|lo|la)?|cancele|anula(?:r|lo|la)?|anule|borra(?:r|lo|la)?|elimina(?:r|lo|la|re)?|olv[íi]da(?:lo|te)?|"
    r"annulla(?:re|lo|la)?|cancella(?:re|lo|la)?|dimentica(?:lo|la)?|"
    r"apaga(?:r)?|apague|esque[cç]e|"
    r"annule(?:er|ren)|verwijder(?:en)?|schrap(?:pen)?|vergeet)"
    r"(?:[\s-]+(?P<about>.{1,120}))?"
)
CANCEL_BARE = re.compile(
    r"never ?mind(?: .{1,60})?|no longer (?:needed|necessary|relevant)|(?:it'?s )?not (?:needed|necessary)(?: any ?more)?|don'?t remind me(?: any ?more| again)?|"
    r"(?:(?:das|es|die erinnerung) )?(?:brauche? ich|ist|wird) nicht mehr(?: n[öo]tig| gebraucht)?|nicht mehr (?:n[öo]tig|erinnern|relevant)|egal|"
    r"(?:laisse|laissez) tomber|(?:je n'en ai |ce n'est |c'est )?plus (?:besoin|n[ée]cessaire|la peine)|ya no (?:hace falta|es necesario|lo necesito)|d[ée]jalo|"
    r"non serve pi[ùu]|lascia (?:perdere|stare)|(?:j[áa] )?n[ãa]o (?:[ée] )?(?:mais )?(?:preciso|necess[áa]rio)(?: mais)?|deixa (?:pra|para) l[áa]|"
    r"laat maar|niet meer nodig|hoeft niet meer"
)
DONE = re.compile(
    r"(?:(?:it'?s|this is|that'?s|already|i'?ve|all|is|ist|schon|hat sich|habe? ich|c'est|d[ée]j[àa]|ya|ya est[áa]|gi[àa]|[èe]|j[áa]|est[áa]|j[áa] est[áa]|is al|al|dit is)[\s,]+)*"
    r"(?:done(?: (?:it|this|that|already))?|finished|completed?|sorted|taken care of|erledigt|fertig|gemacht|abgehakt|fait|termin[ée]e?|r[ée]gl[ée]e?|hecho|listo|terminado|"
    r"fatto|finito|completato|feito|conclu[íi]do|terminei|gedaan|klaar|afgehandeld|afgerond)"
)
DONE_WORDS = "done|finished|completed?|erledigt|fertig|abgehakt|fait|termin[ée]e?|hecho|listo|terminado|fatto|completato|feito|conclu[íi]do|gedaan|klaar|afgehandeld"
LIST = re.compile(
    r"(?:list|show|display|give)(?: me)?(?: (?:all|everything|a|the|my|of|open|pending|full|list|reminders?|follow-?ups?|tasks|what i have))*"
    r"|what(?:'s| is| do i have)? (?:open|pending|due|coming up|on my list|left)(?: .{1,30})?|(?:my )?(?:open )?(?:reminders|follow-?ups)|overview|status"
    r"|liste|(?:zeig|list)(?:e|en sie)?(?: mir)?(?: (?:alle|alles|meine|die|offenen?|erinnerungen|aufgaben|liste|auf))*|was (?:steht an|ist offen|liegt an|habe ich offen)"
    r"|(?:meine )?(?:offenen )?erinnerungen|[üu]bersicht"
    r"|(?:montre|affiche|donne|liste)(?:[zr]|r)?(?:-moi)?(?: (?:tous?|toutes?|mes|les|la|liste|rappels|t[âa]ches|des))*|(?:mes )?rappels|qu'est-ce qui est pr[ée]vu"
    r"|(?:lista|listar|mu[ée]stra(?:me)?|mostrar|ver|ens[ée][ñn]ame)(?: (?:todos?|todas?|mis|los|las|la|lista|de|recordatorios|pendientes|tareas))*|(?:mis )?recordatorios|qu[ée] tengo pendiente"
    r"|(?:elenco|elenca(?:mi)?|mostra(?:mi)?|vedi)(?: (?:tutti|tutto|i|miei|la|lista|dei|promemoria|attivit[àa]))*|(?:i miei )?promemoria|cosa c'[èe] in programma"
    r"|(?:mostra|mostre|listar?)(?:-me|r)?(?: (?:todos?|todas?|os|meus|as|minhas|a|lista|de|lembretes|tarefas|pendentes))*|(?:os meus |meus )?lembretes|o que (?:est[áa] pendente|tenho pendente)"
    r"|lijst|(?:toon|laat|geef)(?: me| mij)?(?: (?:alle|alles|mijn|de|een|lijst|herinneringen|taken|openstaande|zien))*|(?:mijn )?herinneringen|overzicht|wat staat er open"
)
HELP = re.compile(
    r"help(?: me)?|\?+|how does (?:this|it) work|what can (?:you|i) (?:do|say|ask)|commands|hilfe|wie geht das|wie funktioniert (?:das|es)|was kannst du|aide|comment [çc]a marche|"
    r"ayuda|c[óo]mo funciona(?: esto)?|aiuto|come funziona|ajuda|como funciona(?: isto| isso)?|hulp|hoe werkt (?:dit|het)"
)
YES = re.compile(
    r"(?:yes|yep|yeah|yup|y|ok|okay|sure|correct|right|exactly|that'?s right|confirmed?|yes,? (?:it |that )?was me|(?:it|that) was me|ja|jawohl|genau|stimmt|richtig|passt|"
    r"das war ich|ja,? das war ich|oui|exact|d'accord|c'[ée]tait moi|oui,? c'[ée]tait moi|s[íi]|s[íi],? (?:fui|era) yo|fui yo|correcto|vale|de acuerdo|s[ìi]|s[ìi],? (?:ero|sono stat[oa]) io|ero io|"
    r"esatto|giusto|va bene|d'accordo|sim|sim,? fui eu|fui eu|certo|correto|est[áa] bem|klopt|dat was ik|ja,? dat was ik|juist)"
)
NO = re.compile(
    r"(?:no|nope|nah|not me|(?:it|that) wasn'?t me|no,? (?:it|that) wasn'?t me|wrong|nein|das war ich nicht|falsch|non|ce n'[ée]tait pas moi|no fui yo|sbagliato|non ero io|n[ãa]o|n[ãa]o fui eu|"
    r"errado|nee|dat was ik niet)"
)
NUMBER = re.compile(
    r"(?:the |die |der |das |le |la |el |il |o |a |de |het |optie |option |opci[óo]n |opzione |op[çc][ãa]o |nummer |number |num[ée]ro |n[úu]mero |numero |no\.? |nr\.? |n[°º] ?|# ?)*"
    r"(?P<number>[1-9]\d?)[.)]?(?: one)?"
)
DONE_ONE = re.compile(rf"(?:{DONE_WORDS})[\s:]+{NUMBER.pattern}")
ORDINAL_WORDS: dict[int, re.Pattern[str]] = {
    number: re.compile(rf"(?:the |die |der |das |den |le |la |l'|el |lo |il |o |a |de |het )*(?:{words})(?: one| date| termin| option| opci[óo]n| opzione| op[çc][ãa]o| optie)?")
    for number, words in {
        1: r"first|erste[rsn]?|premi[èe]re?|primer[oa]?|prim[oa]|primeir[oa]|eerste|former",
        2: r"second|zweite[rsn]?|deuxi[èe]me|seconde?|segund[oa]|second[oa]|tweede|latter",
        3: r"third|dritte[rsn]?|troisi[èe]me|tercer[oa]?|terz[oa]|terceir[oa]|derde",
        4: r"fourth|vierte[rsn]?|quatri[èe]me|cuart[oa]|quart[oa]|vierde",
    }.items()
}  # fmt: skip

CHANGE: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:make (?:it|this|that)|(?:move|change|reschedule|postpone|shift|push|bring|set|delay)(?: (?:it|this|that|the reminder|the follow-?up))?(?: (?:back|forward|off))?(?: (?:to|until|till|for|by))?"
        r"|put (?:it|this|that) off(?: (?:to|until|till|for|by))?|rather|better|let'?s (?:say|do|make it)|instead|how about) (?P<phrase>.{1,120})",
        r"(?:mach(?:e|t|en sie)?(?: (?:es|das|draus))?|(?:verschieb|verleg|[äa]nder|setz|leg)(?:e|en|en sie)?(?: (?:es|das|die erinnerung|den termin))?(?: (?:auf|um|zu))?|(?:doch )?lieber|besser|stattdessen"
        r"|sagen wir) (?P<phrase>.{1,120}?)(?: (?:draus|daraus|verschieben|verlegen|[äa]ndern))?",
        r"(?:das |es |bitte )?(?:auf|um) (?P<phrase>.{1,120}?) (?:verschieben|verlegen|[äa]ndern)",
        r"(?:(?:d[ée]place|reporte|d[ée]cale|change|repousse|remets?|mets?)(?:[zr])?(?:-?(?:l[ea]|[çc]a))?(?: (?:[çc]a|cela|le rappel|l[ea]))?(?: (?:[àa]|au|pour|de|jusqu'[àa]u?))?|plut[ôo]t|disons) (?P<phrase>.{1,120})",
        r"(?:(?:c[áa]mbi|mu[ée]v|p[áa]s|apl[áa]z|retr[áa]s)[ae](?:lo|la|r|rlo)?|posp[óo]n(?:lo|la|er)?|mejor|que sea|digamos)(?: (?:esto|eso|el recordatorio))?(?: (?:al?|para(?: el)?|hasta))? (?P<phrase>.{1,120})",
        r"(?:(?:sposta|cambia|rimanda|rinvia|posticipa|anticipa|metti)(?:lo|la|re)?|meglio|facciamo|piuttosto|diciamo)(?: (?:questo|il promemoria))?(?: (?:al?|per|a))? (?P<phrase>.{1,120})",
        r"(?:(?:mud|pass|adi|alter|remarc|reagend)(?:a|e|ar|ue)(?:-[oa])?|melhor|antes|que seja)(?: (?:isso|isto|o lembrete))?(?: (?:para|pra|at[ée]|a))? (?P<phrase>.{1,120})",
        r"(?:maak er|(?:verzet|verplaats|verschuif|wijzig|verander|stel)(?: (?:het|dit|dat|de herinnering))?(?: (?:naar|op|tot|met|in))?|liever|beter|doe maar) (?P<phrase>.{1,120}?)(?: (?:van|uit))?",
    )
)  # fmt: skip
SNOOZE: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:snooze|schlummern|sp[äa]ter|later|plus tard|m[áa]s tarde|pi[ùu] tardi|mais tarde|nachher|straks|uitstellen)(?: (?:it|this|for|until|till|by|um|f[üu]r|bis|pour|de|jusqu'[àa]|hasta|por|per|fino a|at[ée]|tot|met))*(?: (?P<phrase>.{1,100}))?",
        r"(?:remind me again|erinner(?:e|n sie)? mich (?:noch ?(?:ein)?mal|wieder|erneut)|rappelle[- ]moi (?:encore|[àa] nouveau)|recu[ée]rdamelo (?:de nuevo|otra vez)|ricordamelo (?:di nuovo|ancora)"
        r"|lembra-me (?:de novo|outra vez)|herinner me (?:opnieuw|nog eens|nogmaals))(?: (?P<phrase>.{1,100}))?",
    )
)
REMINDER_WORD = re.compile(
    r"\b(?:reminders?|follow-?ups?|erinnerung(?:en)?|rappels?|recordatorios?|promemoria|lembretes?|herinnering(?:en)?)\b"
)
LEADING = re.compile(
    r"^(?:the|about|for|my|on|to|die|den|das|der|an|f[üu]r|zu[mr]?|meine?[nr]?|le|la|les|l'|mon|ma|pour|du|de|d'|el|los|mi|sobre|para|del|il|lo|i|per|mio|su|o|a|os|as|meu|minha|do|da|het|mijn|voor|over|van)[\s]+|^l'|^d'"
)
