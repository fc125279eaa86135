"""National identity, tax and insurance numbers of persons: how each is written, what proves it, which words name it.

`shapes` are ways of writing that together with the proof are enough without a word (9 a digit, A a letter, X either); `lengths` is
how many characters it has behind a word that names it. `strong` proofs hold even beside "order no": they fail for all but one of
a hundred numbers made up, or more.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """One country's number."""

    module: str  # of stdnum; "" where nothing can be computed
    label: str  # its name among the labels
    lengths: tuple[int, ...]
    shapes: tuple[str, ...] = ()
    strong: bool = False


NUMBERS = (
    Number("us.ssn", "id us", (9,), ("999-99-9999", "999 99 9999")),
    Number("us.itin", "id us", (9,), ("999-99-9999",)),
    Number("fr.nir", "id fr", (15, 13), ("999999999999999", "9 99 99 99 999 999 99", "9 99 99 99 999 999", "9 99 99 9X 999 999 99", "99999 9X 999 999 99", "999999X99999999"), strong=True),
    Number("", "id fr", (13,)),
    Number("de.idnr", "id de", (11,), ("99 999 999 999",)),
    Number("de.rvnr", "id de", (12,), ("99 999999 A 999", "99999999A999", "99 99 99 99 A 999", "99 999999 A 99 9"), strong=True),
    Number("at.vnr", "id at", (10,), ("9999 999999",)),
    Number("it.codicefiscale", "id it", (16,), ("AAAAAA99A99A999A", "AAA AAA 99A99 A999A", "AAAAAAXXAXXAXXXA"), strong=True),
    Number("es.dni", "id es", (9,), ("99999999A", "99999999-A", "99.999.999-A", "99.999.999 A", "99999999 A")),
    Number("es.nie", "id es", (9,), ("A9999999A", "A-9999999-A", "A-9999999A", "A9999999-A", "A 9999999 A")),
    Number("pt.nif", "id pt", (9,)),
    Number("nl.bsn", "id nl", (9, 8)),
    Number("be.nn", "id be", (11,), ("99.99.99-999.99", "99.99.99-999-99"), strong=True),
    Number("pl.pesel", "id pl", (11,), ("99999999999",)),
    Number("se.personnummer", "id se", (10, 12), ("999999-9999", "999999+9999", "99999999-9999")),
    Number("dk.cpr", "id dk", (10,)),
    Number("no.fodselsnummer", "id no", (11,), ("99999999999", "999999 99999"), strong=True),
    Number("fi.hetu", "id fi", (11,), ("999999-999X", "999999+999X", "999999A999X"), strong=True),
    Number("gb.nino", "id gb", (9, 8), ("AA999999A", "AA 99 99 99 A", "AA 999999 A", "AA-99-99-99-A"), strong=True),
    Number("gb.nhs", "id gb", (10,)),
    Number("gb.utr", "id gb", (10,)),
    Number("ie.pps", "id ie", (8, 9)),
    Number("ch.ssn", "id ch", (13,), ("999.9999.9999.99",), strong=True),
    Number("br.cpf", "id br", (11,), ("999.999.999-99",), strong=True),
    Number("in_.aadhaar", "id in", (12,)),
    Number("in_.pan", "id in", (10,), ("AAAAA9999A",)),
    Number("ca.sin", "id ca", (9,)),
    Number("au.tfn", "id au", (8, 9)),
    Number("", "id au", (10, 11)),
    Number("cz.rc", "id cz", (9, 10), ("999999/9999",)),
    Number("ro.cnp", "id ro", (13,), ("9999999999999",)),
    Number("hr.oib", "id hr", (11,)),
    Number("bg.egn", "id bg", (10,)),
    Number("gr.amka", "id gr", (11,)),
    Number("gr.vat", "id gr", (9,)),
    Number("tr.tckimlik", "id tr", (11,), ("99999999999",), strong=True),
    Number("ru.snils", "id ru", (11,), ("999-999-999 99", "999-999-999-99"), strong=True),
    Number("ru.inn", "id ru", (12, 10)),
    Number("za.idnr", "id za", (13,), ("9999999999999", "999999 9999 999")),
    Number("mx.curp", "id mx", (18,), ("AAAA999999AAAAAAX9",), strong=True),
    Number("mx.rfc", "id mx", (13,), ("AAAA999999XXX",)),
    Number("ar.dni", "id ar", (7, 8)),
    Number("ar.cuit", "id ar", (11,), ("99-99999999-9",)),
    Number("cl.rut", "id cl", (8, 9), ("9.999.999-X", "99.999.999-X")),
    Number("kr.rrn", "id kr", (13,), ("999999-9999999",)),
    Number("cn.ric", "id cn", (18,), ("99999999999999999X",), strong=True),
    Number("jp.in_", "id jp", (12,)),
    Number("sg.nric", "id sg", (9,), ("A9999999A",)),
    Number("il.idnr", "id il", (9,)),
    Number("ee.ik", "id ee", (11,)),
    Number("", "id", (6, 7, 8, 9, 10, 11, 12)),
)  # fmt: skip
