// Changing messages: shown at once, sent in batches, taken back when the server refuses, and undone when somebody asks.
import { call } from '@/api/jmap/client';
import type { Id, SetError } from '@/api/jmap/types';
import { queries } from '@/api/queries';
import { toast, toastError } from '@/ui/Toast';
import { noteOwnChange } from './changes';
import { listsOf, type MailList } from './lists';
import { effective, inverse, type Patch, type Row, toUpdate } from './patches';
import { patchRow, rowOf } from './store';

export const CHUNK = 250; // messages of one Email/set: some tens of milliseconds of the server's time

interface Wanted {
  accountId: Id;
  patches: Map<Id, Patch>;
  /** What happened, for the notice; none: it is visible enough. */
  text?: string;
  /** Entries that leave the list at once. */
  leaving?: { list: MailList; ids: Id[] };
}

/** Does it; true when the server has taken all of it. */
export async function change({ accountId, patches, text, leaving }: Wanted): Promise<boolean> {
  const now = new Map<Id, Patch>();
  const back = new Map<Id, Patch>();
  for (const [id, patch] of patches) {
    const row = rowOf(id);
    const needed = row ? effective(row, patch) : patch;
    if (!needed) continue;
    now.set(id, needed);
    if (row) back.set(id, inverse(row, needed));
  }
  if (now.size === 0) return true;
  const taken = leaving?.list.rows.take(leaving.ids) ?? [];
  for (const [id, patch] of now) patchRow(id, patch);
  const undoHere = () => {
    for (const [id, patch] of back) patchRow(id, patch);
    leaving?.list.rows.putBack(taken);
  };
  const sent = update(accountId, now);
  const undo = async () => {
    undoHere();
    try {
      await sent;
      await update(accountId, back);
      staleElsewhere(accountId, leaving?.list);
      toast({ text: 'Undone.', key: 'undo', lasts: 3_000 });
    } catch (failure) {
      refreshAfterFailure(accountId, failure);
    }
  };
  if (text) toast({ text, key: 'change', action: { label: 'Undo', run: () => void undo() } });
  try {
    await sent;
    if ([...now.values()].some((patch) => patch.mailbox)) staleElsewhere(accountId, leaving?.list);
    return true;
  } catch (failure) {
    undoHere();
    refreshAfterFailure(accountId, failure);
    return false;
  }
}

/** Sends patches in batches. Throws with the server's words when any is refused. */
export async function update(
  accountId: Id,
  patches: ReadonlyMap<Id, Patch>,
  onProgress?: (done: number) => void,
): Promise<void> {
  const all = [...patches];
  for (let start = 0; start < all.length; start += CHUNK) {
    const some = all.slice(start, start + CHUNK);
    const result = await call('Email/set', {
      accountId,
      update: Object.fromEntries(some.map(([id, patch]) => [id, toUpdate(patch)])),
    });
    noteOwnChange(accountId, result);
    refuse(result.notUpdated);
    onProgress?.(Math.min(start + CHUNK, all.length));
  }
}

/** Removes messages for good. */
export async function destroy(accountId: Id, ids: readonly Id[], onProgress?: (done: number) => void): Promise<void> {
  for (let start = 0; start < ids.length; start += CHUNK) {
    const result = await call('Email/set', { accountId, destroy: ids.slice(start, start + CHUNK) });
    noteOwnChange(accountId, result);
    refuse(result.notDestroyed);
    onProgress?.(Math.min(start + CHUNK, ids.length));
  }
}

function refuse(errors: Record<Id, SetError> | null): void {
  // RFC 8620 §5.3: notFound means that somebody else removed it meanwhile; the wish is then as good as fulfilled.
  const refused = Object.values(errors ?? {}).find((error) => error.type !== 'notFound');
  if (refused) throw new Error(refused.description ?? `The server refused this (${refused.type}).`);
}

/** Lists that are not on the screen are loaded again when they are. */
export function staleElsewhere(accountId: Id, here?: MailList): void {
  for (const list of listsOf(accountId)) if (list !== here) list.rows.refresh();
}

function refreshAfterFailure(accountId: Id, failure: unknown): void {
  toastError(failure);
  for (const list of listsOf(accountId)) list.rows.refresh();
  void queries.invalidateQueries({ queryKey: ['jmap', accountId] });
}

/** Which messages of the conversations the wish is about: those the list shows, not one's own answers elsewhere. */
export function placed(list: MailList, conversations: readonly { row: Row; all: Row[] }[]): Row[] {
  return conversations.flatMap(({ row, all }) => {
    const place = list.mailboxId ?? Object.keys(row.mailboxIds)[0] ?? '';
    const here = all.filter((one) => place in one.mailboxIds);
    return here.length ? here : [row];
  });
}
