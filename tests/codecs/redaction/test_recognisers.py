"""What the built-in recognisers hide, what they leave, and that they bear hostile texts."""

import random
import string

import pytest

from mailwright.codecs.redaction import Placeholders
from mailwright.codecs.redaction.finding import all_found
from mailwright.codecs.redaction.recognisers import BUILT_IN


def found_in(text: str) -> list[tuple[str, str]]:
    """(kind, what is written) of everything that would be hidden."""
    return [(found.kind, text[found.start : found.end]) for found in all_found(text, BUILT_IN)]


def key(*parts: str) -> str:
    """A made-up key, put together here so that nobody's scanner takes it for a real one."""
    return "".join(parts)


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("card 4111-1111-1111-1111 please", "card", "4111-1111-1111-1111"),
        ("card 4111 1111\n1111 1111 please", "card", "4111 1111\n1111 1111"),
        ("card ４１１１ １１１１ １１１１ １１１１", "card", "４１１１ １１１１ １１１１ １１１１"),
        ("card 4111\u00a01111\u00a01111\u00a01111", "card", "4111\u00a01111\u00a01111\u00a01111"),
        ("card 4111‑1111‑1111‑1111", "card", "4111‑1111‑1111‑1111"),
        ("to GB33 BUKB 2020 1555 5555 55.", "iban", "GB33 BUKB 2020 1555 5555 55"),
        ("to de89370400440532013000!", "iban", "de89370400440532013000"),
        ("call +44 20 7946 0123 now", "phone", "+44 20 7946 0123"),
        ("Tel.: 030/901820", "phone", "030/901820"),
        ("my SSN: 219-09-9998", "nationalid", "219-09-9998"),
        ("Il C.F. è RSSMRA85T10A562S.", "nationalid", "RSSMRA85T10A562S"),
        ("password: hunter2!", "password", "hunter2!"),
        ("Das Passwort lautet Sommer#2026.", "password", "Sommer#2026"),
        ("the password is “two words”", "password", "two words"),
        ('{"pwd": "x9_kk"}', "password", "x9_kk"),
        ("471100 is your verification code.", "password", "471100"),
        ("postgres://ada:s3cr3t@db.example.com/x", "password", "s3cr3t"),
        (key("the key ", "gh", "p_", "a1B2" * 9), "secret", key("gh", "p_", "a1B2" * 9)),
        (key("AK", "IA", "IOSFODNN7EXAMPLE."), "secret", key("AK", "IA", "IOSFODNN7EXAMPLE")),
        ("token: 8f14e45fceea167a5a36dedd4bea2543", "secret", "8f14e45fceea167a5a36dedd4bea2543"),
        ("Passport No. C01X00T47", "passport", "C01X00T47"),
        ("account number 12345678 at", "account", "12345678"),
    ],
)
def test_a_value_is_hidden_in_all_its_letters_and_nothing_else_is(text: str, kind: str, written: str) -> None:
    assert found_in(text) == [(kind, written)]


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112",
        "tracking number: 4111111111111111",
        "IBAN DE89 3704 0044 0532 0130 01",
        "2026-07-14 10:00, room 12",
        "192.168.10.200 and 10.0.0.1",
        "version 10.0.19045.3086",
        "ISBN 978-3-16-148410-0",
        "commit 8f14e45fceea167a5a36dedd4bea2543aabbccdd",
        "52.520008, 13.404954",
        "1.234.567,89 € and 1,234,567.89 $",
        "The password is required.",
        "Password: ********",
        "password = os.environ['DB_PASSWORD']",
        "Set API_KEY before you start.",
        "The key is under the mat.",
        "Order 219-099-998 was shipped.",
        "https://shop.example.com/item/123456789012?ref=4711",
        "[2001:db8::8a2e:370:7334]:8443",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ],
)
def test_numbers_and_words_that_are_nobodys_secret_stay(text: str) -> None:
    assert found_in(text) == []


def test_a_private_key_is_hidden_whole_and_not_what_stands_behind_it() -> None:
    begin, end = key("-----BEGIN ", "PRIVATE KEY-----"), "-----END PRIVATE KEY-----"
    block = f"{begin}\n{'Ab1+' * 16}\n{'Cd2/' * 5}==\n{end}"
    assert found_in(f"key:\n{block}\nRegards") == [("secret", block)]
    cut = f"{begin}\n{'Ab1+' * 16}\n"
    assert found_in(f"{cut}MAIL 0123456789abcdef ENDS\nThat was the mail.") == [("secret", cut.rstrip())]


def test_what_a_word_gave_away_is_hidden_where_it_stands_alone() -> None:
    run = Placeholders()
    first = run.hide("password: kX9.mm27, thanks")
    assert "kX9.mm27" not in run.hide("I typed kX9.mm27 and it works; kX9.mm27!")
    assert run.show(first) == "password: kX9.mm27, thanks"
    assert run.hidden == {"password": 1}


def test_the_same_phone_in_two_forms_is_one_value() -> None:
    run = Placeholders()
    run.hide("Bitte ruf mich an: 0171 2345678 oder international +49 171 2345678")
    assert run.hidden == {"phone": 1}


ALPHABETS = (
    "0123456789 ",
    "0123456789-./ ()+",
    "aA1 :=\n",
    string.printable,
    "ß€Ω密码パ\u0301\u200bİ٣ \n",
    "://:@",
    "eyJ.-_",
)
WORDS = (
    *(
        "password",
        "is",
        ":",
        "=",
        "IBAN",
        "DE89",
        "tel",
        "+49",
        "SSN",
        "passport",
        "account",
        "sort code",
        "token",
        "key",
        "code",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "mysql -p",
        "curl -u a:",
        "://a:",
        "4111 ",
        "1 ",
        "order",
        "\n",
        " ",
        "“",
        '"',
        "(",
    ),
)


@pytest.mark.parametrize("seed", range(40))
def test_no_text_is_too_hostile(seed: int) -> None:
    chance = random.Random(seed)
    alphabet = chance.choice(ALPHABETS)
    noise = "".join(chance.choice(alphabet) for _ in range(3000))
    words = chance.choice(("", " ")).join(chance.choice(WORDS) for _ in range(600))
    for text in (noise, words, noise + words, chance.choice(WORDS) * 1500):
        run = Placeholders()
        assert run.show(run.hide(text)) == text
