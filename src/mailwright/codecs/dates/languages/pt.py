"""Portuguese, of Portugal and of Brazil: its words of time, and the sentences that only look like them.

Read by `finding`. One table serves both: what only one of them says does no harm in the other. What the words mean, and why, is told in
docs/reference/dates.md.
"""

from mailwright.codecs.dates.language import Language, Words, numerals
from mailwright.codecs.dates.languages import southern
from mailwright.codecs.dates.meaning import Clock, Context
from mailwright.codecs.dates.patterns import Rules

rule = Rules()

_BELOW_TWENTY = (
    "zero um|uma dois|duas três quatro cinco seis sete oito nove dez onze doze treze catorze|quatorze quinze dezasseis|dezesseis "
    "dezassete|dezessete dezoito dezanove|dezenove"
)
_UNITS = _BELOW_TWENTY.split()
_TENS = {
    20: "vinte",
    30: "trinta",
    40: "quarenta",
    50: "cinquenta",
    60: "sessenta",
    70: "setenta",
    80: "oitenta",
    90: "noventa",
}


def _weekday(ordinal: str, n: int) -> str:
    """A weekday that is a number: segunda-feira, segunda, 2ª feira."""
    marks = "|".join(f"{n}{mark}{gap}feira" for mark in ("ª", ".ª", "a", "º") for gap in (" ", "-"))
    return f"{ordinal}-feira|{ordinal} feira|{ordinal}|{marks}"


def _weekdays(ordinal: str) -> str:
    """Every one of them: às segundas, nas segundas-feiras."""
    return "|".join(
        f"{before}{ordinal}s{feiras}" for before in ("", "às ", "nas ", "as ") for feiras in ("", "-feiras", " feiras")
    )


_MONTH = "(?:janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)"

_WORDS: Words = {
    "WEEKDAY": {
        _weekday("segunda", 2) + "|seg.": 0,
        _weekday("terça", 3): 1,
        _weekday("quarta", 4) + "|qua.": 2,
        _weekday("quinta", 5) + "|qui.": 3,
        _weekday("sexta", 6) + "|sex.": 4,
        "sábado|sáb.": 5,
        "domingo": 6,
    },
    "SHORTDAY": {
        "seg|seg.|2ª": 0,
        "ter|ter.|3ª": 1,
        "qua|qua.|4ª": 2,
        "qui|qui.|5ª": 3,
        "sex|sex.|6ª": 4,
        "sáb|sáb.|sab|sab.": 5,
        "dom|dom.": 6,
    },
    "WEEKDAYS": {
        _weekdays("segunda"): 0,
        _weekdays("terça"): 1,
        _weekdays("quarta"): 2,
        _weekdays("quinta"): 3,
        _weekdays("sexta"): 4,
        "sábados|aos sábados|nos sábados": 5,
        "aos domingos|nos domingos": 6,
    },
    "MONTH": {
        "janeiro|jan|jan.": 1,
        "fevereiro|fev|fev.": 2,
        "março|mar|mar.": 3,
        "abril|abr|abr.": 4,
        "maio|mai|mai.": 5,
        "junho|jun|jun.": 6,
        "julho|jul|jul.": 7,
        "agosto|ago|ago.": 8,
        "setembro|set|set.": 9,
        "outubro|out|out.": 10,
        "novembro|nov|nov.": 11,
        "dezembro|dez.": 12,
    },
    "DAYOFF": {
        "hoje|hj|hoje mesmo": 0,
        "amanhã": 1,
        "depois de amanhã|depois d'amanhã|dps de amanhã": 2,
        "ontem": -1,
        "anteontem|antes de ontem|antes d'ontem": -2,
    },
    "HOLIDAY": {
        "natal|dia de natal": "12-25",
        "véspera de natal|noite de natal": "12-24",
        "véspera de ano novo|passagem de ano|réveillon": "12-31",
        "ano novo|ano-novo|dia de ano novo": "1-1",
        "dia de reis": "1-6",
        "carnaval|terça-feira de carnaval|terça de carnaval": "easter-47",
        "quarta-feira de cinzas|quarta de cinzas": "easter-46",
        "domingo de ramos": "easter-7",
        "sexta-feira santa|sexta santa": "easter-2",
        "segunda de páscoa|segunda-feira de páscoa": "easter+1",
        "páscoa|domingo de páscoa": "easter+0",
        "corpus christi|corpo de deus": "easter+60",
        "dia do trabalhador|dia do trabalho": "5-1",
        "dia de portugal": "6-10",
        "dia dos namorados": "6-12",
        "santo antónio": "6-13",
        "são joão": "6-24",
        "dia de finados": "11-2",
        "todos os santos|dia de todos os santos": "11-1",
    },
    "SEASON": {"primavera": 0, "verão": 1, "outono": 2, "inverno": 3},
    "NUMBER": {**numerals(_UNITS, _TENS, "{tens} e {unit}|{tens} {unit}"), "cem": 100},
    "ORDINAL": {
        "primeiro|primeira": 1,
        "segundo|segunda": 2,
        "terceiro|terceira": 3,
        "quarto|quarta": 4,
        "quinto|quinta": 5,
        "último|última": -1,
    },
    "COUNT": {"alguns|algumas|uns|umas|poucos|poucas|vários|várias": 3, "um par de": 2, "uma dezena de": 10},
    "UNIT": {
        "segundo|segundos|seg|segs": "second",
        "minuto|minutos|min|mins": "minute",
        "hora|horas|hs|hrs": "hour",
        "dia|dias": "day",
        "dia útil|dias úteis|dias de trabalho": "workday",
        "semana|semanas": "week",
        "mês|mes|meses": "month",
        "trimestre|trimestres": "quarter",
        "quadrimestre": "4 month",
        "semestre|semestres": "6 month",
        "ano|anos": "year",
        "década|décadas": "decade",
        "século|séculos": "century",
    },
    "UNITLET": {"h|hs|hrs": "hour", "min|m": "minute", "d": "day", "s|seg": "second"},
    "LENGTH": {
        "meia hora|meia-hora": "30 minute",
        "um quarto de hora|quarto de hora": "15 minute",
        "três quartos de hora": "45 minute",
        "hora e meia": "90 minute",
        "uma quinzena|quinzena": "2 week",
    },
    "EIGHTDAYS": {"oito dias": 7},
    "FIFTEENDAYS": {"quinze dias|15 dias|uma quinzena|uma quinzena de dias": 14},
    "TOEIGHT": {"a oito|a oito dias": 7, "a quinze|a quinze dias": 14},
    "FROMDAY": {"de": None},
    "REL": {
        "este|esta|neste|nesta|deste|desta|esse|essa|nesse|nessa|desse|dessa|corrente": "this",
        "próximo|próxima|próximos|próximas|que vem|seguinte|que segue|pf": "next",
        "passado|passada|passados|passadas|último|última|últimos|últimas|que passou": "last",
        "agora|que entra|que aí vem": "coming",
    },
    "PART": {
        "manhã cedo|de manhã cedo|de manhãzinha|manhãzinha|logo de manhã|cedinho|bem cedo|logo cedo": "early_morning",
        "madrugada|da madrugada|de madrugada": "early_morning",
        "manhã|meio da manhã|a meio da manhã|no meio da manhã|de manhã|da manhã|pela manhã|na parte da manhã|à parte da manhã|durante a manhã": "morning",
        "antes do almoço|antes de almoço|hora do almoço|hora de almoço|à hora do almoço|à hora de almoço|na hora do almoço": "noon",
        "tarde|meio da tarde|a meio da tarde|no meio da tarde|depois do almoço|depois de almoço|após o almoço|de tarde|da tarde|à tarde|pela tarde|na parte da tarde|durante a tarde|início da tarde|no início da tarde": "afternoon",
        "noite|depois do jantar|após o jantar|de noite|da noite|à noite|pela noite|noitinha|à noitinha": "evening",
        "fim do dia|final do dia|ao fim do dia|no fim do dia|ao final do dia|no final do dia|fim da tarde|final da tarde|"
        "ao fim da tarde|no fim da tarde|no final da tarde|fim de tarde|final de tarde|ao fim de tarde|no fim de tarde": "end_of_day",
    },
    "PARTS": {"manhãs|às manhãs": "morning", "tardes|às tardes": "afternoon", "noites|às noites": "evening"},
    "DAYPART": {
        "amanhã cedo": (1, "early_morning"),
        "logo à noite": (0, "evening"),
        "logo à tarde": (0, "afternoon"),
        "logo de manhã": (0, "early_morning"),
    },
    "EDGE": {
        "início|começo|princípio|inícios|princípios": "begin",
        "meados|meio": "mid",
        "fim|final|fins|finais": "end",
    },
    "LASTDAY": {"fim|final|fins|o fim|ao fim|o final|ao final": None},
    "OFTHE": {"do|da|deste|desta|desse|dessa": "the", "de": "of"},
    "HOURBOUND": {
        "depois das|depois da|após as|antes das|antes da|até às|até as|até à|a partir das|o mais tardar às|no máximo às": None
    },
    "FROMTHE": {"do dia|de dia|entre os dias|dos dias": None},
    "TOTHE": {"ao dia|ao|até ao dia|até o dia|até|a|e": None},
    "ATDAY": {"no|na|em|a": None},
    "PER": {"por|a|à|ao": None},
    "UNS": {"uns|umas": None},
    "HALFOF": {"primeira metade|primeira quinzena|1ª quinzena": 1, "segunda metade|segunda quinzena|2ª quinzena": 2},
    "ASAT": {"as|a": None},
    "DAYAFTER": {"depois de amanhã|depois d'amanhã": 2},
    "LATE": {"fim da|final da|ao fim da|no fim da|ao final da|no final da": None},
    "EM": {"em": None},
    "YES": {"sim": None},
    "NO": {"não": None},
    "COMMA": {":|.": None},
    "DAYWORD": {"dia|o dia": None},
    "NOW": {"agora mesmo|imediatamente": None},
    "SOON": {"em breve|brevemente|o quanto antes|quanto antes|nos próximos dias|um dia destes|um dia desses": 3},
    "SOMETIME": {
        "algures|em algum momento|nalgum momento|no decorrer da|no decorrer do|ao longo da|ao longo do|durante a|durante o": None
    },
    "ABOUT": {"por volta|cerca|mais ou menos|aproximadamente": None},
    "CLOCKWORD": {
        "meio-dia|meio dia": (12, 0),
        "meio-dia e meia|meio dia e meia|meio-dia e meio": (12, 30),
        "meia-noite|meia noite": (24, 0),
        "meia-noite e meia|meia noite e meia": (24, 30),
    },
    "OCLOCK": {"h|hs|hrs": None},
    "HOURWORD": {"horas|hora": None},
    "MINUTEWORD": {"minutos|minuto|min": None},
    "MINLET": {"m|min": None},
    "HALF": {"meia": None},
    "QUARTER": {"quarto|um quarto": 15},
    "TOHOUR": {"para as|para a|para o|pras|pra": None},
    "PLUS": {"e": None},
    "MINUS": {"menos": None},
    "EVERY": {"todo|toda|todos os|todas as|todo o|toda a|cada|a cada|em cada": None},
    "ADVERB": {
        "diariamente": "FREQ=DAILY",
        "dia sim, dia não|dia sim dia não|de dois em dois dias|de 2 em 2 dias": "FREQ=DAILY;INTERVAL=2",
        "nos dias úteis|em dias úteis|aos dias úteis|de segunda a sexta-feira, sempre": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "semanalmente": "FREQ=WEEKLY",
        "quinzenalmente|de quinze em quinze dias|de 15 em 15 dias|a cada quinze dias|a cada 15 dias|cada quinze dias|"
        "de duas em duas semanas|de 2 em 2 semanas|semana sim, semana não": "FREQ=WEEKLY;INTERVAL=2",
        "mensalmente": "FREQ=MONTHLY",
        "bimestralmente|de dois em dois meses": "FREQ=MONTHLY;INTERVAL=2",
        "trimestralmente|de três em três meses": "FREQ=MONTHLY;INTERVAL=3",
        "semestralmente|de seis em seis meses": "FREQ=MONTHLY;INTERVAL=6",
        "anualmente": "FREQ=YEARLY",
    },
    "TIMES": {"uma vez|1 vez": 1, "duas vezes|2 vezes": 2, "três vezes|3 vezes": 3},
    "WEEKNO": {"semana|semana n.º": None},
    "YEARWORD": {"ano|o ano de|ano de": None},
    "HALFYEAR": {"primeiro semestre|1º semestre|1.º semestre": 1, "segundo semestre|2º semestre|2.º semestre": 2},
    "QUARTERNO": {"q1|t1|1t": 1, "q2|t2|2t": 2, "q3|t3|3t": 3, "q4|t4|4t": 4},
    "WORKWEEK": {"semana de trabalho|semana útil": None},
    "WEEKENDWORD": {"fim de semana|fim-de-semana|final de semana|fds": None},
    "THE": {"o|a|os|as": None},
    "A": {"um|uma": None},
    "OF": {"de|do|da|dos|das|deste|desta": None},
    "AT": {
        "às|à|ao|aos|pelas|pela|por volta das|por volta da|por volta do|lá pelas|cerca das|perto das|ali pelas|a partir das": None
    },
    "IN": {"daqui a|daqui|em|dentro de|dentro dum|dentro duma|num|numa|no|na|nos|nas": None},
    "WITHIN": {"no prazo de|num prazo de|em até|dentro do prazo de|no máximo em": None},
    "AGO": {"atrás": None},
    "AGOBEFORE": {"há|faz": None},
    "LATER": {"depois|mais tarde": None},
    "FOR": {"por|durante": None},
    "AND": {"e|e as|e os|e a|e o": None},
    "OR": {"ou": None},
    "FROM": {"de|das|desde|desde o|desde as|a partir de|a partir do|a partir da|a partir das": None},
    "TO": {"a|à|às|ao|até|até a|até ao|até o|até à|até às|até as": None},
    "BETWEEN": {"entre|entre o|entre a|entre as|entre os": None},
    "UNTIL": {"até|até a|até o|até ao|até à|até às|até as|até no|o mais tardar|no máximo até": None},
    "BEFORE": {"antes de|antes do|antes da|antes das": None},
    "AFTER": {"depois de|depois do|depois da|depois das|após|após o|após a|após as": None},
    "SINCE": {"desde|desde o|desde a": None},
    "STARTING": {"não antes de|não antes do|não antes da|a partir de|a partir do|a partir da": None},
    "WEEKOF": {"semana de|semana do|semana que começa a|semana que começa em": None},
    "YET": {",|-": None},
}

# Feminine nouns that "segunda", "quarta" … stand before as ordinals; and what they end in.
_COUNTED = (
    r"(?:vez|vezes|proposta|página|parte|tentativa|via|fase|mão|guerra|linha|fila|pessoa|mensagem|etapa|volta|rodada|ronda|classe|categoria|"
    r"casa|chance|chamada|carta|conta|cláusula|prova|aula|alínea|coisa|cópia|edição|entrevista|escolha|fatura|factura|filha|folha|geração|"
    r"hipótese|língua|língua|leitura|letra|metade|nota|onda|oferta|pergunta|posição|porta|questão|reunião|resposta|secção|seção|série|sinfonia|"
    r"sessão|temporada|turma|versão|vida|vítima|vaga|visita|zona|\w+(?:ção|ções|são|sões|dade|gem|ência|ância))"
)
_STREETS = "rua|r\\.|avenida|av\\.|praça|largo|travessa|ponte|estrada|alameda|bairro|viaduto|hospital|estádio|escola|estação|metro|metrô"

_TRAPS = (
    # Streets, bridges, towns and houses that bear the name of a date.
    rf"\b(?:{_STREETS}) (?:d[aeo]s? )?(?:\d{{1,2}}|um|primeiro|1º|1\.º|quinze|vinte e cinco|sete|cinco|nove) de {_MONTH}\b(?:, ?(?:n\.?º ?)?\d{{1,5}})?",
    r"\brio de janeiro\b|\beditora abril\b|\bnatal[ ,/-]{1,3}rn\b|\bem natal\b",
    rf"\b(?:senhor|senhora|sr\.|sra\.|dr\.|dra\.|doutor|doutora|prof\.|dona|d\.) (?:\w+ )?(?:domingos?|sábado|{_MONTH[3:-1]}|natal|páscoa)\b",
    r"\bdom [a-zéíóúâêôãç]{3,}",
    # Ordinals.
    rf"\b(?:segundas?|terças?|quartas?|quintas?|sextas?)(?:-| )?(?: (?:e|ou) (?:a )?(?:terceira|quarta|quinta|sexta|última))? {_COUNTED}\b",
    rf"\b(?:primeira|segunda|terceira|quarta|quinta|sexta) (?:e|ou) (?:a )?(?:segunda|terceira|quarta|quinta|sexta)(?: {_COUNTED})?(?! ?-?feira)(?= (?:são|estão|foram|{_COUNTED}))",
    r"(?<!para )(?<!até )(?<!pra )(?<!segunda )(?<!terça )(?<!quarta )(?<!feira )\b(?:a|uma|pela|minha|sua|nossa) (?:segunda|terça|quarta|quinta|sexta) "
    r"(?!feira|que|passada|próxima|seguinte|des?|da|dia|ou|até|antes|depois)[a-zà-ú]{3,}",
    r"\bquintas? d[aeo]s? (?!semana|próxima|outra|manhã|tarde|noite|que)|\bna quinta dos\b",
    r"\b(?:um|em|o|do|no|ao|pelo) segundo\b(?! (?:trimestre|semestre|dia|domingo|sábado))|\bsegundo (?:o|a|os|as|consta|lugar|andar|ponto)\b|\bde segunda mão\b",
    r"\b(?:férias|ceia|presentes?|árvore|almoço|jantar|cesta|cabaz) d[eao] (?:natal|páscoa|ano novo)\b",
    # Turns of speech.
    r"\bàs vezes\b|\bcada vez\b|\bde vez em quando\b|\bpor vezes\b|\bà parte\b|\bao dia\b(?! \d)|\bhoje em dia\b|\bem dia\b|\bdia a dia\b|\bdia-a-dia\b|\btoda a gente\b",
    r"\b(?:bom|boa|bons|boas|feliz|óptimo|ótimo|ótima) (?:dia|tarde|noite|tardes|noites|semana|fim de semana|fim-de-semana|final de semana|fds|domingo|sábado|sexta|feriado|natal|ano novo|ano|páscoa)\b",
    # A month in three letters is one beside a number only, and without its cedilla behind a preposition only.
    r"(?<!\d)(?<!\d )(?<!\d[-/.])(?<!\d de )\b(?:jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov)\b(?! ?'?\.?-?/? ?(?:de )?\d)",
    rf"(?<!de )(?<!em )(?<!até )\bmarco\b|\b(?:o|ao|pelo) {_MONTH}\b(?! (?:passado|próximo|que))",
    r"\bo (?:segundo|terceiro|quarto|quinto) d[aeo]s?\b|\bn[oa] (?:segund|terceir|quart|quint)[oa] andar\b",
    r"\bo dia\b(?! (?:\d|útil|seguinte|um |primeiro))|\b(?:a|uma) (?:noite|tarde|manhã) (?:é|está|estava|foi|era|ia)\b",
    r"(?<!num )(?<!daqui a )(?<!em )(?<!dentro de )\bum minuto\b(?! (?:antes|depois))",
    r"\bmais tarde(?! (?:na|do|da))\b|\btarde demais\b|\bmuito tarde\b|\bo mais cedo\b|\btarde ou cedo\b|\bmais cedo ou mais tarde\b",
    r"\bmeia dúzia\b|(?<!dia )(?<!ao )(?<!no )(?<![\d/])24/7(?![\d/])|\b24 horas por dia\b|\b7 dias por semana\b",
    # People and things after às or das, not an hour.
    r"\b(?:às|das|as|entre as|para as) (?:\d{1,3}|duas|três|quatro|cinco|seis|sete|oito|nove|dez|onze|doze|vinte) "
    r"(?:pessoas|perguntas|propostas|raparigas|meninas|mulheres|empresas|mensagens|faturas|facturas|páginas|linhas|ofertas|partes|"
    r"equipas|equipes|cidades|irmãs|amigas|colegas|filhas|senhoras|coisas|regras|respostas|cópias|famílias|lojas|contas|\w+ões|\w+dades)\b",
    r"\b(?:ganh|perd|empat|venc)\w{1,5} (?:por )?\d{1,2} ?- ?\d{1,2}\b",
    # Money, shares, measures, numbers of things.
    r"(?:r\$|us\$|\$|€) ?\d[\d.]*(?:,\d{1,2})?",
    r"\b\d{1,4}(?:[.,]\d{1,2})? ?(?:euros?|eur|€|\$|reais|dólares|%|por cento|kg|km|cm|mm|gb|mb|ml|pessoas|vezes)(?!\w)",
    r"\b1/[2-4] (?:de )?(?:xícara|chávena|copo|litro|kg|quilo|colher|dose)",
    r"\b(?:versão|v\.|artigo|art\.|página|pág\.|p\.|capítulo|cap\.|ponto|mesa|sala|quarto|número|n\.º|nº|tel\.?|código|encomenda|pedido|processo|nota) (?:n\.?º ?)?\d[\d./-]*",
)


@rule("plain", "h:hour HOURWORD", "h:hour HOURWORD PLUS m:minutes", "h:hour HOURWORD PLUS m:HALF")
def _hours(context: Context, h: int, m: int | None = 0) -> Clock:
    return Clock(h, 30 if m is None else m, loose=1 <= h <= 12)


@rule("simple", "h:NUM ~OCLOCK ~m:NUM2 ~MINLET?", "h:NUM ~:|. ~m:NUM2 ~OCLOCK")
def _with_letters(context: Context, h: int, m: int) -> Clock | None:
    """With its minutes in digits the hour is one of 24."""
    return Clock(h, m) if h < 24 and m < 60 else None


_TELLING = """
o os um uma uns umas de da no na nos nas ao aos à às pelo pela pelos pelas num numa com sem para pra por que quem não sim é e
ou mas se são está estão estou foi era tem tenho temos vou vai vamos fica isso isto aquilo este esta estes estas esse essa meu minha teu tua seu sua
seus suas nosso nossa me te lhe nós vos eu ele ela você vocês eles elas mais menos muito muita também já ainda até depois antes entre sobre
quando como onde porque porquê então obrigado obrigada olá oi bom boa dia favor pode podes poderia preciso lembra lembre lembrar avise avisa ligue
liga ligo ligar escreve escreva escrevo mande manda falamos falar fala encontramo vemo vence pague pago volto passo reunião consulta prazo
próximo próxima vem passada passado fim final vez vezes há daqui dentro cada toda todo todas todos
"""

LANGUAGE = Language(
    code="pt",
    words=_WORDS,
    ordinal_marks=("º", "ª", ".º", ".ª", "o", "°"),
    traps=_TRAPS,
    rules=(*rule, *southern.RULES),
    nearest_next=True,
    telling=frozenset(_TELLING.split()),
)
