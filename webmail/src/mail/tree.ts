// Mailboxes in the order people look for them: roles first, then one's own as a tree, then what others share. Pure.
import type { Id, Mailbox, MailboxRole } from '@/api/jmap/types';

export interface Node {
  mailbox: Mailbox;
  depth: number;
  children: Node[];
}
export interface Place extends Mailbox {
  accountId: Id;
}

const ROLE_ORDER: MailboxRole[] = [
  'inbox',
  'snoozed',
  'flagged',
  'important',
  'drafts',
  'sent',
  'archive',
  'all',
  'junk',
  'trash',
];

/** What a mailbox is called: roles have a name of their own when the mailbox bears the usual one. */
export function nameOf(mailbox: Pick<Mailbox, 'name' | 'role'>): string {
  if (mailbox.role === 'inbox') return 'Inbox';
  return mailbox.name;
}

/** Mailboxes with a role at the top level, in their order, with what is inside them. */
export function withRole(all: readonly Mailbox[]): Node[] {
  return treeOf(all)
    .filter((node) => node.mailbox.role !== null)
    .sort((a, b) => rank(a.mailbox.role) - rank(b.mailbox.role));
}

/** The others, by their order and name. */
export function withoutRole(all: readonly Mailbox[]): Node[] {
  return treeOf(all).filter((node) => node.mailbox.role === null);
}

export function treeOf(all: readonly Mailbox[]): Node[] {
  const ids = new Set(all.map((mailbox) => mailbox.id));
  const below = new Map<Id | null, Mailbox[]>();
  for (const mailbox of all) {
    const parent = mailbox.parentId !== null && ids.has(mailbox.parentId) ? mailbox.parentId : null;
    below.set(parent, [...(below.get(parent) ?? []), mailbox]);
  }
  const grow = (parent: Id | null, depth: number): Node[] =>
    (below.get(parent) ?? [])
      .sort((a, b) => a.sortOrder - b.sortOrder || a.name.localeCompare(b.name))
      .map((mailbox) => ({ mailbox, depth, children: grow(mailbox.id, depth + 1) }));
  return grow(null, 0);
}

/** The tree as lines, parents before children; `closed` hides what is inside. */
export function flat(nodes: readonly Node[], closed: ReadonlySet<Id> = new Set()): Node[] {
  return nodes.flatMap((node) => [node, ...(closed.has(node.mailbox.id) ? [] : flat(node.children, closed))]);
}

/** "Clients / Clinic": where a mailbox stands. */
export function pathOf(mailbox: Mailbox, all: readonly Mailbox[]): string {
  const parent = all.find((other) => other.id === mailbox.parentId);
  return parent ? `${pathOf(parent, all)} / ${mailbox.name}` : nameOf(mailbox);
}

/** Ids of a mailbox and all that is inside it. */
export function within(id: Id, all: readonly Mailbox[]): Set<Id> {
  const found = new Set([id]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const mailbox of all) if (mailbox.parentId !== null && found.has(mailbox.parentId)) found.add(mailbox.id);
  }
  return found;
}

/** What the number beside it says: drafts are counted, elsewhere what is unread. */
export function countOf(mailbox: Mailbox): number {
  if (mailbox.role === 'drafts' || mailbox.role === 'snoozed') return mailbox.totalEmails;
  if (mailbox.role === 'sent' || mailbox.role === 'trash') return 0;
  return mailbox.unreadThreads;
}

function rank(role: MailboxRole | null): number {
  const place = role === null ? -1 : ROLE_ORDER.indexOf(role);
  return place < 0 ? ROLE_ORDER.length : place;
}
