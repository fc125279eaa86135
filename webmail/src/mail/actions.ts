// What one does with conversations of a list: archive, delete, junk, move, read, star, label. Each works on one or many.

import { call, insist } from '@/api/jmap/client';
import type { Id, Mailbox, MailboxRole } from '@/api/jmap/types';
import { queries } from '@/api/queries';
import { toast, toastError } from '@/ui/Toast';
import { conversationChanged } from './changes';
import { change, destroy, placed } from './changing';
import { type MailList, RETURNED } from './lists';
import { byRole, mailboxesQuery } from './mailboxes';
import type { Patch, Row } from './patches';
import { type Conversation, conversationOf, removeRow } from './store';
import { nameOf } from './tree';

const CREATED_NAMES: Partial<Record<MailboxRole, string>> = { archive: 'Archive', junk: 'Junk', trash: 'Trash' };

/** Conversations of a list, by the ids of its entries. */
export interface Choice {
  list: MailList;
  ids: readonly Id[];
}

export async function moveTo(
  choice: Choice,
  target: Mailbox,
  done?: string,
  keywords?: Record<string, boolean>,
): Promise<void> {
  const { list, ids } = choice;
  const all = conversations(choice);
  const patch: Patch = { mailbox: target.id, ...(keywords ? { keywords } : {}) };
  const leaves =
    list.mailboxId !== null ? list.mailboxId !== target.id : target.role === 'trash' || target.role === 'junk';
  await change({
    accountId: list.accountId,
    patches: new Map(placed(list, all).map((row) => [row.id, patch])),
    text: done ?? `${counted(ids.length)} moved to ${nameOf(target)}.`,
    ...(leaves ? { leaving: { list, ids: [...ids] } } : {}),
  });
}

export async function archive(choice: Choice): Promise<void> {
  await toRole(choice, 'archive', `${counted(choice.ids.length)} archived.`);
}

/** Into the trash; what is there already is asked about before (`isInTrash`) and removed by `deleteForGood`. */
export async function moveToTrash(choice: Choice): Promise<void> {
  await toRole(choice, 'trash', `${counted(choice.ids.length)} moved to Trash.`);
}

export async function markJunk(choice: Choice): Promise<void> {
  await toRole(choice, 'junk', `${counted(choice.ids.length)} marked as junk.`, { $junk: true, $notjunk: false });
}

export async function markNotJunk(choice: Choice): Promise<void> {
  await toRole(choice, 'inbox', `${counted(choice.ids.length)} moved to the inbox.`, { $junk: false, $notjunk: true });
}

export async function deleteForGood(choice: Choice): Promise<void> {
  const { list, ids } = choice;
  const rows = placed(list, conversations(choice));
  const taken = list.rows.take(ids);
  try {
    await destroy(
      list.accountId,
      rows.map((row) => row.id),
    );
    for (const row of rows) removeRow(row.id);
    for (const threadId of new Set(rows.map((row) => row.threadId))) conversationChanged(list.accountId, threadId);
    toast({ text: `${counted(ids.length)} deleted.`, key: 'change' });
  } catch (failure) {
    list.rows.putBack(taken);
    list.rows.refresh();
    toastError(failure);
  }
}

export async function markRead(choice: Choice, read: boolean): Promise<void> {
  const all = conversations(choice);
  // Read: all of the conversation. Unread: its last message, so that it is not unread more often than it was.
  const rows = read ? all.flatMap((one) => one.all) : all.map((one) => one.row);
  await keyword(
    choice,
    rows,
    read ? { $seen: true, [RETURNED]: false } : { $seen: false },
    `${counted(choice.ids.length)} marked as ${read ? 'read' : 'unread'}.`,
  );
}

export async function star(choice: Choice, starred: boolean): Promise<void> {
  const all = conversations(choice);
  await keyword(choice, starred ? all.map((one) => one.row) : all.flatMap((one) => one.all), { $flagged: starred });
}

export async function label(choice: Choice, name: string, on: boolean): Promise<void> {
  const rows = on ? placed(choice.list, conversations(choice)) : conversations(choice).flatMap((one) => one.all);
  await keyword(choice, rows, { [name]: on });
}

async function keyword(choice: Choice, rows: Row[], keywords: Record<string, boolean>, text?: string): Promise<void> {
  await change({
    accountId: choice.list.accountId,
    patches: new Map(rows.map((row) => [row.id, { keywords }])),
    ...(text && choice.ids.length > 1 ? { text } : {}),
  });
}

async function toRole(
  choice: Choice,
  role: MailboxRole,
  text: string,
  keywords?: Record<string, boolean>,
): Promise<void> {
  try {
    await moveTo(choice, await mailboxFor(choice.list.accountId, role), text, keywords);
  } catch (failure) {
    toastError(failure);
  }
}

/** The account's mailbox of that role, made when it has none. Throws when it may not be made. */
export async function mailboxFor(accountId: Id, role: MailboxRole): Promise<Mailbox> {
  const known = byRole(await queries.ensureQueryData(mailboxesQuery(accountId)), role);
  if (known) return known;
  const name = CREATED_NAMES[role] ?? role;
  insist(await call('Mailbox/set', { accountId, create: { made: { name, role, parentId: null } } }));
  const made = byRole(await queries.fetchQuery({ ...mailboxesQuery(accountId), staleTime: 0 }), role);
  if (!made) throw new Error(`There is no folder for ${name}.`);
  return made;
}

export function conversations(choice: Choice): Conversation[] {
  return choice.ids.map(conversationOf).filter((one) => one !== undefined);
}

export function counted(count: number): string {
  return count === 1 ? 'Conversation' : `${count.toLocaleString()} conversations`;
}
