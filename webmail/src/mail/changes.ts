// Keeping what is shown true: learns from push which accounts changed, asks Email/changes what, and corrects rows, lists,
// conversations and counts.
import { Batch, MethodError } from '@/api/jmap/batch';
import { call, send } from '@/api/jmap/client';
import { listen, type PushState } from '@/api/jmap/push';
import type { Id, SetResult, StateChanges } from '@/api/jmap/types';
import { queries } from '@/api/queries';
import { listsOf, refreshLists } from './lists';
import { ROW_PROPERTIES, type Row } from './patches';
import { putRows, removeRow, rowOf, updateRow } from './store';

const GATHER_MS = 120; // several changes in a row are looked at once
const MOST = 256; // ids of one Email/changes; with more, lists are simply loaded again
const known = new Map<Id, string>();

/** The state of what was read. The oldest is kept: asking for too many changes does no harm, for too few would. */
export function noteState(accountId: Id, state: string): void {
  if (!known.has(accountId)) known.set(accountId, state);
}

/** What we changed ourselves need not be asked for. */
export function noteOwnChange(accountId: Id, result: Pick<SetResult<unknown>, 'oldState' | 'newState'>): void {
  if (known.get(accountId) === result.oldState) known.set(accountId, result.newState);
  countsChanged(accountId);
}

export function forgetStates(): void {
  known.clear();
}

export function countsChanged(accountId: Id): void {
  void queries.invalidateQueries({ queryKey: ['jmap', accountId, 'mailboxes'] });
}

export function conversationChanged(accountId: Id, threadId: Id): void {
  void queries.invalidateQueries({ queryKey: ['jmap', accountId, 'thread', threadId] });
}

/** Starts listening; the function returned stops it. `onNews` gets messages that arrived. */
export function follow(onState: (state: PushState) => void, onNews: (rows: Row[]) => void): () => void {
  const timers = new Map<Id, ReturnType<typeof setTimeout>>();
  let wasLive = false;
  const soon = (accountId: Id) => {
    clearTimeout(timers.get(accountId));
    timers.set(
      accountId,
      setTimeout(() => void catchUp(accountId, onNews), GATHER_MS),
    );
  };
  const stop = listen({
    onChange: (changed: StateChanges) => {
      for (const [accountId, states] of Object.entries(changed)) {
        if (states.Mailbox !== undefined) countsChanged(accountId);
        if (states.Email !== undefined && states.Email !== known.get(accountId)) soon(accountId);
        void queries.invalidateQueries({ queryKey: ['jmap', accountId, 'other'] });
      }
    },
    onState: (state) => {
      onState(state);
      if (state === 'live') {
        if (wasLive) for (const accountId of known.keys()) soon(accountId); // something may have been missed
        wasLive = true;
      }
    },
  });
  return () => {
    stop();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

/** Everything that changed in the account since it was last looked at. */
export async function catchUp(accountId: Id, onNews: (rows: Row[]) => void = () => undefined): Promise<void> {
  const since = known.get(accountId);
  if (since === undefined) return;
  try {
    const more = await step(accountId, since, onNews);
    countsChanged(accountId);
    if (more) await catchUp(accountId, onNews);
  } catch (failure) {
    if (failure instanceof MethodError && failure.type === 'cannotCalculateChanges') await startAgain(accountId);
    // Anything else: the next push or reconnection tries again.
  }
}

async function step(accountId: Id, since: string, onNews: (rows: Row[]) => void): Promise<boolean> {
  const batch = new Batch();
  const asked = batch.add('Email/changes', { accountId, sinceState: since, maxChanges: MOST });
  const made = batch.add('Email/get', { accountId, '#ids': asked.ref('/created'), properties: ROW_PROPERTIES });
  const other = batch.add('Email/get', {
    accountId,
    '#ids': asked.ref('/updated'),
    properties: ['id', 'threadId', 'mailboxIds', 'keywords'],
  });
  const answers = await send(batch);
  const changes = answers.of(asked);
  const created = answers.of(made).list;
  const updated = answers.of(other).list;

  let listsDiffer = created.length > 0 || changes.destroyed.length > 0;
  const touched = new Set(created.map((row) => row.threadId));
  for (const row of updated) {
    const before = rowOf(row.id);
    if (!before || !sameKeys(before.mailboxIds, row.mailboxIds)) listsDiffer = true;
    if (!before || before.threadId !== row.threadId) touched.add(row.threadId);
    updateRow(row.id, { threadId: row.threadId, mailboxIds: row.mailboxIds, keywords: row.keywords });
  }
  for (const id of changes.destroyed) {
    const before = rowOf(id);
    if (before) touched.add(before.threadId);
    removeRow(id);
  }
  putRows(created);
  known.set(accountId, changes.newState);
  if (listsDiffer) refreshLists(accountId);
  for (const threadId of touched) conversationChanged(accountId, threadId);
  const unread = created.filter((row) => !row.keywords.$seen && !row.keywords.$draft);
  if (unread.length) onNews(unread);
  return changes.hasMoreChanges;
}

async function startAgain(accountId: Id): Promise<void> {
  const { state } = await call('Email/get', { accountId, ids: [] });
  known.set(accountId, state);
  for (const list of listsOf(accountId)) list.rows.refresh();
  void queries.invalidateQueries({ queryKey: ['jmap', accountId] });
}

function sameKeys(one: Record<string, true>, other: Record<string, true>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other);
}
