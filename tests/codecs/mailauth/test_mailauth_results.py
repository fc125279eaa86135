"""What an examination finds: SPF, DKIM, ARC and DMARC of messages signed here, in a world of our own."""

from __future__ import annotations

import pytest
from tests.servers.mailworld import World, letter, results, rsa_key, rsa_record, sealed, signed

from mailwright.codecs.mailauth import dmarc, summary
from mailwright.codecs.mailauth.suffixes import organizational


@pytest.fixture
def world() -> World:
    return World.usual()


# --- what proves the author ----------------------------------------------------------------------------------------------


def test_a_signed_message_from_its_own_server_passes_everything(world: World) -> None:
    found = world.examine(signed(letter()))
    assert (results(found, "spf"), results(found, "dkim"), results(found, "dmarc")) == (["pass"], ["pass"], ["pass"])
    assert found.proven
    assert str(found.author) == "eve@example.org"
    assert found.because == "dmarc=pass for example.org (dkim=pass for example.org)"
    assert "dkim=pass header.d=example.org header.s=s1" in summary(found.results)


@pytest.mark.parametrize("form", [(b"simple", b"simple"), (b"simple", b"relaxed"), (b"relaxed", b"simple")])
@pytest.mark.parametrize("body", ["", "\n\n", "Hi.\n\n\n", "a  b \t \n\tc\n", " \n \n", "x\n" * 200_000])
def test_a_signature_holds_in_every_canonical_form(world: World, form: tuple[bytes, bytes], body: str) -> None:
    found = world.examine(signed(letter(body=body), form=form), client="203.0.113.1")
    assert (results(found, "dkim"), results(found, "spf")) == (["pass"], ["fail"])
    assert found.proven


def test_ed25519_signs_as_well(world: World) -> None:
    found = world.examine(signed(letter(), selector="ed", algorithm=b"ed25519-sha256"), client=None)
    assert results(found, "dkim") == ["pass"]
    assert found.proven


def test_spf_alone_proves_a_domain_when_it_is_aligned(world: World) -> None:
    found = world.examine(letter(), sender="bounces@example.org")
    assert (found.proven, results(found, "dmarc")) == (True, ["pass"])
    other = world.examine(letter("ada@mailwright.test"), sender="bounces@example.org")
    assert (other.proven, results(other, "spf")) == (False, ["pass"])


def test_a_domain_without_a_policy_is_proven_by_its_signature(world: World) -> None:
    found = world.examine(signed(letter("ada@mailwright.test"), "mailwright.test"), client=None)
    assert (found.proven, results(found, "dmarc")) == (True, ["none"])


def test_a_null_sender_is_asked_for_by_its_hello(world: World) -> None:
    world.texts["mx.example.org"] = [b"v=spf1 a -all"]
    world.others["mx.example.org", "A"] = ["192.0.2.7"]
    found = world.examine(letter(), sender=None)
    assert found.results[0].property("smtp.helo") == "mx.example.org"
    assert found.proven


# --- what does not -------------------------------------------------------------------------------------------------------


def test_a_strangers_signature_says_nothing_about_the_author(world: World) -> None:
    found = world.examine(signed(letter(), "evil.example"), client="203.0.113.66", sender="x@evil.example")
    assert (results(found, "spf"), results(found, "dkim"), results(found, "dmarc")) == (["pass"], ["pass"], ["fail"])
    assert (found.proven, found.failed, found.wish) == (False, True, "reject")


def test_a_changed_body_or_header_fails(world: World) -> None:
    raw = signed(letter())
    assert results(world.examine(raw.replace(b"Hi.", b"Hi!"), client=None), "dkim") == ["fail"]
    assert results(world.examine(raw.replace(b"Hello", b"Hallo"), client=None), "dkim") == ["fail"]


def test_a_second_from_line_has_no_author_whoever_signed(world: World) -> None:
    raw = signed(letter())
    for spoof in (b"From: ada@mailwright.test\r\n" + raw, raw.replace(b"To:", b"From: ada@mailwright.test\r\nTo:", 1)):
        found = world.examine(spoof)
        assert (found.author, found.proven, results(found, "dmarc")) == (None, False, ["permerror"])


@pytest.mark.parametrize("added", [b"To: agent@mailwright.test\r\n", b"Subject: Pay Eve\r\n", b"Message-ID: <2@x>\r\n"])
def test_a_field_that_was_added_behind_the_signers_back_ends_belief_in_it(world: World, added: bytes) -> None:
    raw = signed(letter())
    for forged in (added + raw, raw.replace(b"From:", added + b"From:", 1)):
        found = world.examine(forged, client=None)
        assert (results(found, "dkim"), found.proven) == (["policy"], False)


def test_a_signature_that_leaves_out_the_author_is_none(world: World) -> None:
    raw = signed(letter())
    field, _, rest = raw.partition(b"From: Eve")
    unsigned = field.replace(b"h=from :", b"h=").replace(b"h=from:", b"h=") + b"From: Eve" + rest
    assert unsigned != raw
    assert results(world.examine(unsigned, client=None), "dkim") == ["permerror"]


def test_a_signature_over_a_part_of_the_body_is_not_believed(world: World) -> None:
    raw = signed(letter(), length=True)
    assert results(world.examine(raw, client=None), "dkim") == ["pass"]
    found = world.examine(raw + b"and pay Eve\r\n", client=None)
    assert (results(found, "dkim"), found.proven) == (["policy"], False)


def test_sha1_and_short_keys_prove_nothing(world: World) -> None:
    short = rsa_key(1024)
    world.texts["long._domainkey.example.org"] = [rsa_record(short)]
    assert results(world.examine(signed(letter(), selector="long", key=short), client=None), "dkim") == ["pass"]
    assert results(world.examine(signed(letter(), algorithm=b"rsa-sha1"), client=None), "dkim") == ["policy"]
    weak = (  # 512 bits
        b"v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL16wLN1cMAjTZuA9P+EgV/V8xNnEGFMPJP8tnSAXDEjJx4yMYzOtYVQF5Vv3pKB"
        b"cG1DqM4JHtBIMRJvqC1GJqECAwEAAQ=="
    )
    world.texts["weak._domainkey.example.org"] = [weak]
    found = world.examine(signed(letter(), selector="weak"), client=None)
    assert results(found, "dkim") in (["policy"], ["permerror"])


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (b"v=DKIM1; p=", "permerror"),
        (b"v=DKIM2; p=AAAA", "permerror"),
        (b"v=DKIM1; k=ed25519; p=AAAA", "permerror"),
        (b"v=DKIM1; p=!!!!", "permerror"),
        (b"v=DKIM1; s=tlsrpt; p=AAAA", "permerror"),
        (b"nothing", "permerror"),
    ],
)
def test_a_key_that_cannot_be_used_is_no_proof(world: World, record: bytes, result: str) -> None:
    world.texts["s1._domainkey.example.org"] = [record]
    assert results(world.examine(signed(letter()), client=None), "dkim") == [result]


def test_a_giant_key_is_not_computed_with(world: World) -> None:
    world.texts["s1._domainkey.example.org"] = [rsa_record(rsa_key()) + b"A" * 60_000]
    assert results(world.examine(signed(letter()), client=None), "dkim") == ["permerror"]


def test_a_line_that_is_no_field_ends_all_belief_in_signatures(world: World) -> None:
    raw = signed(letter()).replace(b"To: ada", b"this is no field\r\nTo: ada")
    found = world.examine(raw, client=None)
    assert (results(found, "dkim"), found.proven) == (["none"], False)


# --- DMARC ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "wish"),
    [
        (b"v=DMARC1; p=none", "none"),
        (b"v=DMARC1;p=quarantine", "quarantine"),
        (b"v=DMARC1; p=reject; pct=0", "quarantine"),
        (b"v=DMARC1; p=quarantine; pct=0", "none"),
        (b"v=DMARC1; p=reject; pct=100", "reject"),
        (b"v=DMARC1; p=nonsense; rua=mailto:a@example.org", "none"),
    ],
)
def test_the_wish_of_the_domain_is_told(world: World, record: bytes, wish: str) -> None:
    world.texts["_dmarc.example.org"] = [record]
    found = world.examine(letter(), client="203.0.113.1")
    assert (found.failed, found.wish) == (True, wish)


@pytest.mark.parametrize(
    "records", [[b"v=DMARC1; p=nonsense"], [b"v=DMARC1; p=reject", b"v=DMARC1; p=none"], [b"p=reject; v=DMARC1"], []]
)
def test_a_policy_that_cannot_be_read_is_none(world: World, records: list[bytes]) -> None:
    world.texts["_dmarc.example.org"] = records
    found = world.examine(letter(), client="203.0.113.1")
    assert (found.failed, results(found, "dmarc")) == (False, ["none"])


def test_a_subdomain_has_the_policy_for_subdomains_and_is_aligned_when_that_is_relaxed(world: World) -> None:
    world.texts["_dmarc.example.org"] = [b"v=DMARC1; p=none; sp=reject; adkim=s"]
    forged = world.examine(letter("eve@news.example.org"), client="203.0.113.1", sender="x@evil.example")
    assert (forged.failed, forged.wish) == (True, "reject")
    raw = signed(letter("eve@news.example.org"))
    assert not world.examine(raw, client=None).proven  # adkim=s: news.example.org did not sign
    world.texts["_dmarc.example.org"] = [b"v=DMARC1; p=none; sp=reject"]
    assert world.examine(raw, client=None).proven


def test_neighbours_under_a_public_suffix_are_not_aligned(world: World) -> None:
    world.texts["s1._domainkey.evil.co.uk"] = [rsa_record(rsa_key())]
    found = world.examine(signed(letter("eve@victim.co.uk"), "evil.co.uk"), client=None)
    assert (results(found, "dkim"), found.proven) == (["pass"], False)
    world.texts["s1._domainkey.co.uk"] = [rsa_record(rsa_key())]
    assert not world.examine(signed(letter("eve@victim.co.uk"), "co.uk"), client=None).proven


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        ("example.org", "example.org"),
        ("a.b.example.org", "example.org"),
        ("a.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("mail.mailwright.test", "mailwright.test"),
        ("mailwright.test", "mailwright.test"),
        ("test", "test"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.kobe.jp", "a.b.kobe.jp"),
        ("x.xn--55qx5d.cn", "x.xn--55qx5d.cn"),
    ],
)
def test_whose_domain_it_is(domain: str, owner: str) -> None:
    assert organizational(domain) == owner
    assert dmarc.aligned(domain, owner)


# --- DNS that does not answer --------------------------------------------------------------------------------------------


def test_no_answer_about_the_policy_is_no_reason_to_do_anything(world: World) -> None:
    world.down = {"_dmarc.example.org"}
    found = world.examine(letter(), client="203.0.113.1")
    assert (found.proven, found.failed, found.wish, results(found, "dmarc")) == (False, False, "none", ["temperror"])


def test_no_answer_about_what_would_decide_is_never_worse_than_junk(world: World) -> None:
    world.down = {"s1._domainkey.example.org"}
    found = world.examine(signed(letter()), client="203.0.113.1")
    assert (found.failed, found.wish, results(found, "dkim")) == (False, "quarantine", ["temperror"])


def test_a_forgers_own_dead_dns_does_not_make_the_check_unsure(world: World) -> None:
    world.down = {"evil.example", "s1._domainkey.evil.example"}
    found = world.examine(signed(letter(), "evil.example"), client="203.0.113.66", sender="x@evil.example")
    assert (results(found, "spf"), results(found, "dkim")) == (["temperror"], ["temperror"])
    assert (found.failed, found.wish) == (True, "reject")


def test_behind_a_relay_what_only_spf_could_prove_is_left_open(world: World) -> None:
    found = world.examine(letter(), client=None)
    assert (found.proven, found.failed, results(found, "dmarc")) == (False, False, ["temperror"])
    assert world.asked[0].name == "_dmarc.example.org"
    assert all(question.name != "example.org" for question in world.asked)


# --- SPF -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (b"v=spf1 a:mx.example.org -all", "pass"),
        (b"v=spf1 mx -all", "pass"),
        (b"v=spf1 include:example.net -all", "fail"),
        (b"v=spf1 ptr:example.org -all", "pass"),
        (b"v=spf1 exists:%{i}._spf.example.org -all", "pass"),
        (b"v=spf1 ~all", "softfail"),
        (b"v=spf1 ?all exp=explain.example.org", "neutral"),
        (b"v=spf1 nonsense", "permerror"),
        (b"v=spf1 redirect=example.org", "permerror"),
        (b"v=spf1 include:nowhere.example -all", "permerror"),
        (b"v=spf1 a:a.test a:b.test a:c.test -all", "permerror"),
        (b"v=spf1 " + b"include:example.net " * 11 + b"-all", "permerror"),
        (b"v=spf1 " + b"ip4:192.0.2.7 " * 1000, "none"),
        (b"v=spf1 a:down.example.org -all", "temperror"),
    ],
)
def test_spf(world: World, record: bytes, result: str) -> None:
    world.texts["example.org"] = [record]
    world.down = {"down.example.org"}
    world.others |= {
        ("mx.example.org", "A"): ["192.0.2.7"],
        ("example.org", "MX"): [(10, "mx.example.org")],
        ("7.2.0.192.in-addr.arpa", "PTR"): ["mx.example.org"],
        ("192.0.2.7._spf.example.org", "A"): ["127.0.0.2"],
    }
    assert results(world.examine(letter()), "spf") == [result]


@pytest.mark.parametrize("helo", ["", "localhost", "[192.0.2.7]", "mx.example..org", "ü.example", "x" * 300 + ".org"])
def test_a_hello_that_is_no_name_has_no_spf(world: World, helo: str) -> None:
    assert results(world.examine(letter(), sender=None, helo=helo), "spf") == ["none"]


# --- ARC -----------------------------------------------------------------------------------------------------------------


def test_a_chain_of_seals_is_followed(world: World) -> None:
    world.texts["s1._domainkey.lists.example"] = [rsa_record(rsa_key())]
    once = sealed(signed(letter()))
    assert results(world.examine(once, client=None), "arc") == ["pass"]
    changed = once.replace(b"Hi.", b"Hi. -- sent by a list")
    assert results(world.examine(changed, client=None), "arc") == ["fail"]
    twice = sealed(changed, "lists.example", told="arc=pass")
    found = world.examine(twice, client=None)
    assert (results(found, "arc"), results(found, "dkim")) == (["pass"], ["fail"])
    assert not found.proven  # a seal is told of, and proves no author


def test_too_many_seals_are_not_checked(world: World) -> None:
    raw = b"".join(b"ARC-Seal: i=%d; a=rsa-sha256; d=x.example; s=s; cv=none; b=AAAA\r\n" % n for n in range(51))
    found = world.examine(raw + letter(), client=None)
    assert results(found, "arc") == ["fail"]
    assert all("x.example" not in question.name for question in world.asked)
