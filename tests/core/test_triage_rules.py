"""What owners write and teach about senders: rules, VIPs, corrections and taking them back. SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from mailwright.core import Core, triage, triagerules
from mailwright.core.triagerules import MAX_LEARNED_AT_ONCE, Lesson
from mailwright.domain import clock
from mailwright.domain.events import TRIAGE_CHANGED
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists, BadAddress, BadInput, NotFound
from mailwright.domain.triage import Category, MailKind
from mailwright.storage import Tx, accounts
from mailwright.storage import triage as rows
from mailwright.storage.audit import Actor
from mailwright.storage.triage import Item

ADA = Actor("ada@mailwright.test")


def ada(core: Core, name: str = "ada") -> str:
    found = core.database.read_now(lambda tx: accounts.address(tx, f"{name}@mailwright.test"))
    assert found is not None
    assert found.user_id is not None
    return found.user_id


def judged(
    core: Core,
    *,
    sender: str = "billing@shop.example",
    category: Category = Category.INFORMATIONAL,
    kind: MailKind = MailKind.RECEIPT,
    proven: bool = True,
) -> Item:
    """A mail elsewhere that was judged by the layer."""
    owner = ada(core)

    def write(tx: Tx) -> Item:
        account = accounts.by_id(tx, owner)
        assert account is not None
        item = rows.insert(
            tx,
            tenant_id=account.tenant_id,
            user_id=owner,
            sender=sender,
            received_at=clock.now(),
            now=clock.now(),
            item_id=new_id(),
        )
        return triage.judged(
            tx,
            item.id,
            category=category,
            confidence=0.8,
            because="it says so",
            decided_by="layer",
            mail_kind=kind.value,
            proven=proven,
        )

    return core.database.write_now(write)


def correct(core: Core, item: Item, category: Category) -> Item:
    return core.database.write_now(
        lambda tx: triage.correct(tx, core, user_id=item.user_id, item_id=item.id, category=category, by=ADA)
    )


def told(core: Core) -> list[str]:
    owner = ada(core)
    return [triage.told(each) for each in core.database.read_now(lambda tx: triage.rules(tx, owner))]


def test_a_correction_is_remembered_for_the_sender_and_the_kind_and_told_as_a_sentence(core: Core) -> None:
    item = correct(core, judged(core, category=Category.NEEDS_REPLY), Category.INFORMATIONAL)
    assert (item.category, item.confidence, item.decided_by) == ("informational", 1.0, "owner")
    assert (item.corrected_from, item.because) == ("needs_reply", "you said so")
    assert item.corrected_at is not None
    assert told(core) == ["Mail of billing@shop.example that is a receipt is informational"]
    owner = ada(core)

    def found(tx: Tx) -> tuple[object, object, object]:
        return (
            triage.rule_for(tx, owner, "billing@shop.example", "receipt"),
            triage.rule_for(tx, owner, "billing@shop.example", "person"),
            triage.rule_for(tx, owner, "other@shop.example", "receipt"),
        )

    ruled, *others = core.database.read_now(found)
    assert ruled is not None
    assert others == [None, None]


def test_the_same_word_about_the_same_senders_mail_is_one_rule_that_was_said_more_often(core: Core) -> None:
    for _ in range(3):
        correct(core, judged(core), Category.SPAM)
    owner = ada(core)
    [rule] = core.database.read_now(lambda tx: triage.rules(tx, owner))
    assert (rule.times, rule.category, rule.made_by, rule.proven) == (3, "spam", "correction", True)


def test_saying_the_same_twice_is_no_news(core: Core) -> None:
    item = judged(core)
    correct(core, item, Category.SPAM)
    correct(core, item, Category.SPAM)
    owner = ada(core)
    [rule] = core.database.read_now(lambda tx: triage.rules(tx, owner))
    assert rule.times == 1
    count = core.database.read_now(
        lambda tx: tx.scalar("SELECT count(*) FROM audit_events WHERE action = 'triage.corrected'")
    )
    assert count == 1


def test_a_correction_that_is_taken_back_takes_its_rule_with_it(core: Core) -> None:
    item = judged(core)
    correct(core, item, Category.SPAM)
    back = correct(core, item, Category.INFORMATIONAL)
    assert (back.category, back.corrected_from) == ("informational", "")
    assert told(core) == []


def test_taking_one_of_several_back_leaves_the_rule_of_the_others(core: Core) -> None:
    first, second = judged(core), judged(core)
    correct(core, first, Category.SPAM)
    correct(core, second, Category.SPAM)
    correct(core, second, Category.INFORMATIONAL)
    owner = ada(core)
    [rule] = core.database.read_now(lambda tx: triage.rules(tx, owner))
    assert (rule.category, rule.times) == ("spam", 1)


def test_taking_back_what_turned_a_rule_round_turns_it_back(core: Core) -> None:
    correct(core, judged(core), Category.SPAM)
    later = judged(core, category=Category.SPAM)
    correct(core, later, Category.INFORMATIONAL)
    assert told(core) == ["Mail of billing@shop.example that is a receipt is informational"]
    correct(core, later, Category.SPAM)
    assert told(core) == ["Mail of billing@shop.example that is a receipt is spam"]


def test_a_second_thought_about_one_mail_leaves_one_rule_and_can_be_taken_back_too(core: Core) -> None:
    item = judged(core, kind=MailKind.PERSON)
    correct(core, item, Category.SPAM)
    correct(core, item, Category.NEEDS_REPLY)
    assert told(core) == ["Mail of billing@shop.example that a person wrote needs a reply"]
    correct(core, item, Category.INFORMATIONAL)
    assert told(core) == []


def test_what_the_owner_wrote_is_changed_by_no_correction(core: Core) -> None:
    owner = ada(core)
    core.database.write_now(
        lambda tx: triage.add_rule(
            tx, owner, sender="Billing@Shop.example", category="informational", kind="receipt", by=ADA
        )
    )
    item = correct(core, judged(core), Category.SPAM)
    assert item.category == "spam"
    assert told(core) == ["Mail of billing@shop.example that is a receipt is informational"]


def test_a_rule_that_was_switched_off_stays_off_whatever_is_corrected(core: Core) -> None:
    correct(core, judged(core), Category.SPAM)
    owner = ada(core)
    [rule] = core.database.read_now(lambda tx: triage.rules(tx, owner))
    core.database.write_now(lambda tx: triage.change_rule(tx, owner, rule.id, enabled=False, by=ADA))
    correct(core, judged(core), Category.SPAM)
    [rule] = core.database.read_now(lambda tx: triage.rules(tx, owner))
    assert (rule.enabled, rule.times, rule.made_by) == (False, 1, "correction")
    assert core.database.read_now(lambda tx: triage.rule_for(tx, owner, rule.sender, "receipt")) is None


def test_mail_that_nothing_proves_teaches_nothing_about_the_mail_of_the_true_sender(core: Core) -> None:
    correct(core, judged(core, category=Category.SPAM), Category.INFORMATIONAL)
    correct(core, judged(core, proven=False), Category.SPAM)  # Eve wrote under that name
    assert told(core) == ["Mail of billing@shop.example that is a receipt is informational"]
    correct(core, judged(core, sender="eve@example.org", proven=False), Category.SPAM)
    owner = ada(core)
    rule = core.database.read_now(lambda tx: triage.rule_for(tx, owner, "eve@example.org", "receipt"))
    assert rule is not None
    assert not rule.proven


def test_a_mail_of_which_the_kind_is_not_known_teaches_nothing(core: Core) -> None:
    owner = ada(core)
    core.database.write_now(lambda tx: triagerules.learn(tx, owner, [Lesson("a@b.example", "", "", "spam", True)]))
    assert told(core) == []


def test_what_one_command_teaches_is_bounded_and_what_is_learned_in_all_too(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = ada(core)
    lessons = [Lesson(f"s{n}@b.example", "list", "informational", "spam", True) for n in range(200)]
    lessons += [Lesson("often@b.example", "list", "informational", "spam", True)] * 50
    core.database.write_now(lambda tx: triagerules.learn(tx, owner, lessons))
    rules = core.database.read_now(lambda tx: triage.rules(tx, owner))
    assert len(rules) == MAX_LEARNED_AT_ONCE
    assert {each.sender: each.times for each in rules}["often@b.example"] == 50
    monkeypatch.setattr(triagerules, "MAX_LEARNED", 5)
    more = [Lesson("new@b.example", "list", "informational", "spam", True)] * 3
    core.database.write_now(lambda tx: triagerules.learn(tx, owner, more))
    kept = core.database.read_now(lambda tx: triage.rules(tx, owner))
    assert len(kept) == 5
    assert {"often@b.example", "new@b.example"} <= {each.sender for each in kept}


def test_the_address_goes_before_its_domain_and_the_kind_before_every_kind(core: Core) -> None:
    owner = ada(core)

    def write(tx: Tx) -> None:
        for sender, kind, category in (
            ("@shop.example", "", "spam"),
            ("@shop.example", "receipt", "informational"),
            ("ann@shop.example", "", "needs_reply"),
        ):
            triage.add_rule(tx, owner, sender=sender, category=category, kind=kind, by=ADA)

    core.database.write_now(write)

    def category(sender: str, kind: str) -> str:
        rule = core.database.read_now(lambda tx: triage.rule_for(tx, owner, sender, kind))
        return rule.category if rule is not None else ""

    assert category("Ann+news@SHOP.example", "receipt") == "needs_reply"
    assert category("bob@shop.example", "receipt") == "informational"
    assert category("bob@shop.example", "person") == "spam"
    assert category("bob@other.example", "person") == ""
    assert "Mail of anybody at shop.example is spam" in told(core)


def test_rules_are_edited_by_their_owner_alone_and_every_edit_is_audited(core: Core) -> None:
    owner = ada(core)
    chen = ada(core, "chen")
    rule = core.database.write_now(
        lambda tx: triage.add_rule(tx, owner, sender="@shop.example", category="spam", by=ADA)
    )
    other = core.database.write_now(
        lambda tx: triage.add_rule(tx, owner, sender="@shop.example", category="spam", kind="list", by=ADA)
    )
    with pytest.raises(NotFound):
        core.database.write_now(lambda tx: triage.remove_rule(tx, chen, rule.id, by=ADA))
    with pytest.raises(NotFound):
        core.database.write_now(lambda tx: triage.change_rule(tx, chen, rule.id, category="spam", by=ADA))
    with pytest.raises(AlreadyExists):
        core.database.write_now(lambda tx: triage.change_rule(tx, owner, other.id, kind="", by=ADA))
    changed = core.database.write_now(
        lambda tx: triage.change_rule(tx, owner, rule.id, sender="ann@shop.example", category="needs_reply", by=ADA)
    )
    assert triage.told(changed) == "Mail of ann@shop.example needs a reply"
    core.database.write_now(lambda tx: triage.remove_rule(tx, owner, rule.id, by=ADA))
    actions = core.database.read_now(
        lambda tx: [r[0] for r in tx.all("SELECT action FROM audit_events WHERE action LIKE 'triage.%' ORDER BY id")]
    )
    assert actions == ["triage.rule_added", "triage.rule_added", "triage.rule_changed", "triage.rule_removed"]


@pytest.mark.parametrize(
    ("sender", "category", "kind", "refusal"),
    [
        ("", "spam", "", BadInput),
        ("not an address", "spam", "", BadAddress),
        ("@", "spam", "", BadAddress),
        ("a@b.example", "important", "", BadInput),
        ("a@b.example", "spam", "letter", BadInput),
    ],
)
def test_a_rule_that_says_nothing_is_refused(
    core: Core, sender: str, category: str, kind: str, refusal: type[Exception]
) -> None:
    owner = ada(core)
    with pytest.raises(refusal):
        core.database.write_now(
            lambda tx: triage.add_rule(tx, owner, sender=sender, category=category, kind=kind, by=ADA)
        )


def test_vips_are_addresses_or_domains(core: Core) -> None:
    owner = ada(core)
    core.database.write_now(lambda tx: triage.add_vip(tx, owner, "Boss+x@Work.example", by=ADA))
    core.database.write_now(lambda tx: triage.add_vip(tx, owner, "@bank.example", by=ADA))

    def is_vip(sender: str) -> bool:
        return core.database.read_now(lambda tx: triage.is_vip(tx, owner, sender))

    assert [is_vip(each) for each in ("boss@work.example", "any@bank.example", "b@work.example", "")] == [
        True,
        True,
        False,
        False,
    ]
    core.database.write_now(lambda tx: triage.remove_vip(tx, owner, "@BANK.example", by=ADA))
    assert core.database.read_now(lambda tx: triage.vips(tx, owner)) == ["boss@work.example"]
    with pytest.raises(NotFound):
        core.database.write_now(lambda tx: triage.remove_vip(tx, owner, "@bank.example", by=ADA))


def test_somebody_elses_mail_and_a_category_that_is_none_are_refused(core: Core) -> None:
    item = judged(core)
    chen = ada(core, "chen")
    with pytest.raises(NotFound):
        core.database.write_now(
            lambda tx: triage.correct(tx, core, user_id=chen, item_id=item.id, category="spam", by=ADA)
        )
    with pytest.raises(BadInput):
        core.database.write_now(
            lambda tx: triage.correct(tx, core, user_id=item.user_id, item_id=item.id, category="junk", by=ADA)
        )


def test_what_the_owner_said_stands_whoever_judges_later(core: Core) -> None:
    item = correct(core, judged(core), Category.SPAM)

    def judge_again(tx: Tx) -> Item:
        return triage.judged(
            tx,
            item.id,
            category=Category.NEEDS_REPLY,
            confidence=1,
            because="a model says so",
            decided_by="rules",
            mail_kind="person",
            proven=True,
        )

    again = core.database.write_now(judge_again)
    assert (again.category, again.decided_by, again.mail_kind) == ("spam", "owner", "person")


def test_everybody_who_listens_is_told_once_of_a_correction(core: Core) -> None:
    item = judged(core)
    correct(core, item, Category.SPAM)
    kinds = core.database.read_now(
        lambda tx: [
            row[0] for row in tx.all("SELECT payload FROM events WHERE kind = ? ORDER BY id", (TRIAGE_CHANGED,))
        ]
    )
    assert len(kinds) == 2  # judged, corrected
    assert item.id in kinds[-1]
    assert '"category":"spam"' in kinds[-1]
