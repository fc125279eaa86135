// Messages as lists know them, in one place, so that a change shows in every list and conversation at once.
import { useSyncExternalStore } from 'react';
import type { EmailAddress, Id } from '@/api/jmap/types';
import { applied, type Patch, type Row } from './patches';

export interface Conversation {
  /** The message of the list. */
  row: Row;
  /** All of the thread the list may show, oldest first; at least `row`. */
  all: Row[];
  senders: EmailAddress[];
  unread: boolean;
  starred: boolean;
  hasAttachment: boolean;
}

const rows = new Map<Id, Row>();
const threads = new Map<Id, Id[]>();
const built = new Map<Id, Conversation>();
const listeners = new Set<() => void>();
let told = true;

export function putRows(given: readonly Row[]): void {
  for (const row of given) rows.set(row.id, row);
  changed(given);
}

export function putThreads(given: readonly { id: Id; emailIds: Id[] }[]): void {
  for (const thread of given) threads.set(thread.id, thread.emailIds);
  if (given.length) {
    built.clear();
    tell();
  }
}

export function patchRow(id: Id, patch: Patch): void {
  const row = rows.get(id);
  if (row) putRows([applied(row, patch)]);
}

/** News of keywords and places, from the server. */
export function updateRow(id: Id, news: Partial<Row>): void {
  const row = rows.get(id);
  if (row) putRows([{ ...row, ...news }]);
}

export function removeRow(id: Id): void {
  const row = rows.get(id);
  if (!row) return;
  rows.delete(id);
  threads.set(
    row.threadId,
    (threads.get(row.threadId) ?? []).filter((other) => other !== id),
  );
  changed([row]);
}

export function rowOf(id: Id): Row | undefined {
  return rows.get(id);
}

export function threadOf(threadId: Id): Row[] {
  return (threads.get(threadId) ?? []).map((id) => rows.get(id)).filter((row) => row !== undefined);
}

export function useRow(id: Id): Row | undefined {
  return useSyncExternalStore(subscribe, () => rows.get(id));
}

/** The conversation whose list entry is this message; undefined while it is not known. */
export function conversationOf(id: Id): Conversation | undefined {
  const known = built.get(id);
  if (known) return known;
  const row = rows.get(id);
  if (!row) return undefined;
  const all = threadOf(row.threadId);
  const conversation = summarised(row, all.some((one) => one.id === id) ? all : [row]);
  built.set(id, conversation);
  return conversation;
}

export function useConversation(id: Id | undefined): Conversation | undefined {
  return useSyncExternalStore(subscribe, () => (id ? conversationOf(id) : undefined));
}

export function summarised(row: Row, all: Row[]): Conversation {
  const senders = new Map<string, EmailAddress>();
  for (const one of all) {
    for (const sender of one.from ?? []) {
      const key = sender.email.toLowerCase();
      senders.delete(key); // who wrote last stands last
      senders.set(key, sender);
    }
  }
  return {
    row,
    all,
    senders: [...senders.values()],
    unread: all.some((one) => !one.keywords.$seen && !one.keywords.$draft),
    starred: all.some((one) => one.keywords.$flagged),
    hasAttachment: all.some((one) => one.hasAttachment),
  };
}

export function forgetEverything(): void {
  rows.clear();
  threads.clear();
  built.clear();
  tell();
}

function changed(given: readonly Row[]): void {
  const touched = new Set(given.map((row) => row.threadId));
  for (const [id, conversation] of built) if (touched.has(conversation.row.threadId)) built.delete(id);
  if (given.length) tell();
}

/** Once for everything that happens in the same moment. */
function tell(): void {
  if (!told) return;
  told = false;
  queueMicrotask(() => {
    told = true;
    for (const listener of listeners) listener();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
