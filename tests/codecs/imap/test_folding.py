"""How text is compared: for equality by SEARCH, for order by SORT."""

from mailwright.codecs.imap.folding import fold, order


def test_case_and_composition_make_no_difference() -> None:
    assert fold("ÄRGER") == fold("a\u0308rger") == fold("ärger")
    assert fold("STRASSE") == fold("straße")


def test_letters_with_marks_stand_beside_those_without() -> None:
    assert sorted(["Besprechung", "zoo", "ÄRGER", "Apfel", "_", "ärger b"], key=order) == [
        *("Apfel", "ÄRGER", "ärger b", "Besprechung", "zoo", "_")
    ]
