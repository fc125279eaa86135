"""THREAD: messages grouped into conversations (RFC 5256 §3), ORDEREDSUBJECT and REFERENCES.

Called by core's search with what the database knows of the messages found. Promises the RFC's own steps, in time that grows
with the number of references; no depth of a thread and no loop in References does harm. Nothing here recurses.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailwright.codecs.imap.basesubject import BaseSubject, base_subject
from mailwright.domain.clock import Instant

MAX_STEPS = 5_000_000
"""Steps up the trees while looking for loops, in one answer. Honest mail takes next to none; a mailbox made to be costly would
take the square of its size. Beyond it a link that might close a loop is not made."""

NONE = -1


@dataclass(frozen=True, slots=True)
class Threadable:
    """A message as THREAD sees it. `number` is what the client gets; `sent_at` is the sent date (`sorting.sent_moment`).

    `message_id`, `references` and `in_reply_to` are ids as `mime` reads them, `<…>`; `subject` is decoded.
    """

    number: int
    sent_at: Instant
    subject: str
    message_id: str | None
    references: Sequence[str]
    in_reply_to: Sequence[str]


def ordered_subject(messages: Iterable[Threadable]) -> bytes:
    """The THREAD response of ORDEREDSUBJECT: one thread for each base subject, its first message the parent of the others."""
    threads: dict[str, list[Threadable]] = {}
    for message in sorted(messages, key=_when):
        threads.setdefault(base_subject(message.subject).text, []).append(message)
    # The first of each is the earliest, and dict keeps the order in which they came: the threads are in order, too.
    return _response([_thread_of_siblings([message.number for message in thread]) for thread in threads.values()])


def _when(message: Threadable) -> tuple[Instant, int]:
    return message.sent_at, message.number


def _thread_of_siblings(numbers: list[int]) -> str:
    first, *others = numbers
    if len(others) > 1:
        return f"({first} {''.join([f'({number})' for number in others])})"
    return f"({' '.join(map(str, numbers))})"


def by_references(messages: Iterable[Threadable]) -> bytes:
    """The THREAD response of REFERENCES."""
    forest = _Forest(sorted(messages, key=lambda message: message.number))
    forest.link()
    forest.prune()
    forest.gather_by_subject()
    return _response(forest.written())


def _response(threads: list[str]) -> bytes:
    return f"* THREAD {''.join(threads)}\r\n".encode("ascii") if threads else b"* THREAD\r\n"


class _Forest:
    """Nodes are numbers. The first ones are the messages, in their order; behind them come dummies."""

    def __init__(self, messages: list[Threadable]) -> None:
        self.messages = messages
        self.subjects: list[BaseSubject] = []
        self.children: dict[int, list[int]] = {}
        self.roots: list[int] = []
        self.parents = _Parents(len(messages))

    def is_dummy(self, node: int) -> bool:
        return node >= len(self.messages)

    def link(self) -> None:
        """Step 1: parents from references."""
        parents = self.parents
        nodes: dict[str, int] = {}
        for index, message in enumerate(self.messages):
            # Of several messages with one id the first has it; the others have none anybody can refer to.
            if message.message_id is not None:
                nodes.setdefault(_normal(message.message_id), index)
        for index, message in enumerate(self.messages):
            last = NONE
            for reference in message.references or message.in_reply_to[:1]:
                key = _normal(reference)
                node = nodes.get(key, NONE)
                if node == NONE:
                    node = nodes[key] = parents.add()
                # (A) An existing link stays; a loop is not closed.
                if last != NONE and parents.of[node] == NONE and not parents.would_loop(last, node):
                    parents.set(node, last)
                last = node
            # (B) The last reference is the parent, whatever was thought before; without one there is none.
            if last == NONE:
                parents.set(index, NONE)
            elif parents.of[index] != last and not parents.would_loop(last, index):
                parents.set(index, last)

    def prune(self) -> None:
        """Steps 2 and 3: every message below its nearest ancestor that is one; a dummy stays only above several roots."""
        of = self.parents.of
        below: dict[int, list[int]] = {}
        tops: list[int] = []
        for node, parent in enumerate(of):
            if parent == NONE:
                tops.append(node)
            else:
                below.setdefault(parent, []).append(node)
        for top in tops:
            waiting = [(child, top) for child in below.get(top, ())]
            while waiting:
                node, anchor = waiting.pop()
                if not self.is_dummy(node):
                    self.children.setdefault(anchor, []).append(node)
                    anchor = node
                waiting.extend([(child, anchor) for child in below.get(node, ())])
            members = self.children.get(top, ())
            if not self.is_dummy(top) or len(members) > 1:
                self.roots.append(top)
            elif members:
                self.roots += self.children.pop(top)

    def when(self, node: int) -> tuple[Instant, int]:
        """The sent date that a node is sorted by: of a dummy, that of its first child (which are in order then)."""
        return _when(self.messages[self.children[node][0] if self.is_dummy(node) else node])

    def gather_by_subject(self) -> None:
        """Steps 4 and 5: threads that only a subject joins."""
        self.sort()
        subjects: dict[int, BaseSubject] = {}
        table: dict[str, int] = {}
        for node in self.roots:
            first = self.children[node][0] if self.is_dummy(node) else node
            subject = subjects[node] = base_subject(self.messages[first].subject)
            if not subject.text:
                continue
            known = table.setdefault(subject.text, node)
            if not self.is_dummy(known) and (
                self.is_dummy(node) or (subjects[known].is_reply and not subject.is_reply)
            ):
                table[subject.text] = node
        gone: set[int] = set()
        for node in list(self.roots):
            subject = subjects[node]
            known = table.get(subject.text, node)
            if known == node:
                continue
            gone.add(node)
            if self.is_dummy(node):
                self.children[known] += self.children.pop(node)
            elif self.is_dummy(known) or (subject.is_reply and not subjects[known].is_reply):
                self.children.setdefault(known, []).append(node)
            else:
                gone.add(known)
                table[subject.text] = dummy = self.parents.add()
                self.children[dummy] = [known, node]
                self.roots.append(dummy)
        self.roots = [node for node in self.roots if node not in gone]
        self.sort()  # step 6

    def sort(self) -> None:
        """Siblings by sent date; those below a dummy before the dummy, whose date theirs is."""
        for siblings in self.children.values():
            siblings.sort(key=self.when)
        self.roots.sort(key=self.when)

    def written(self) -> list[str]:
        """Every thread as the response has it (RFC 5256 §4)."""
        threads: list[str] = []
        for root in self.roots:
            words: list[str] = ["("]
            waiting: list[int | str] = [")", root]
            while waiting:
                item = waiting.pop()
                if isinstance(item, str):
                    words.append(item)
                    continue
                children = self.children.get(item, ())
                if not self.is_dummy(item):
                    words.append(str(self.messages[item].number))
                    if children:
                        words.append(" ")
                if len(children) == 1:
                    waiting.append(children[0])
                else:
                    for child in reversed(children):
                        waiting += [")", child, "("]
            threads.append("".join(words))
        return threads


class _Parents:
    """Who is whose parent, and the question whether one more link would close a loop."""

    def __init__(self, count: int) -> None:
        self.of = [NONE] * count
        self._children = [0] * count
        self._trees = list(
            range(count)
        )  # union-find: two nodes of one tree have one leader; the reverse may be outdated
        self._steps = MAX_STEPS

    def add(self) -> int:
        """One more node without parent."""
        node = len(self.of)
        self.of.append(NONE)
        self._children.append(0)
        self._trees.append(node)
        return node

    def set(self, child: int, parent: int) -> None:
        """Make the link, in place of the one there was."""
        before = self.of[child]
        if before != NONE:
            self._children[before] -= 1
        self.of[child] = parent
        if parent != NONE:
            self._children[parent] += 1
            self._trees[self._leader(child)] = self._leader(parent)

    def would_loop(self, parent: int, child: int) -> bool:
        """Is `child` an ancestor of `parent`, or the same?"""
        if parent == child:
            return True
        if not self._children[child] or self._leader(parent) != self._leader(child):
            return False
        while parent != NONE:
            if parent == child or self._steps <= 0:
                return True
            self._steps -= 1
            parent = self.of[parent]
        return False

    def _leader(self, node: int) -> int:
        trees = self._trees
        while trees[node] != node:
            trees[node] = trees[trees[node]]
            node = trees[node]
        return node


def _normal(message_id: str) -> str:
    # RFC 5256 §3: <"a"@b> and <a@b> are one id.
    return message_id.replace("\\", "").replace('"', "") if '"' in message_id else message_id
