// The same change for everything a list holds, however long it is: the ids are collected, then changed in batches, with progress.
import { call } from '@/api/jmap/client';
import type { Id } from '@/api/jmap/types';
import { toast, toastError } from '@/ui/Toast';
import { destroy, staleElsewhere, update } from './changing';
import type { MailList } from './lists';
import type { Patch } from './patches';

const IDS_AT_ONCE = 2_000; // of one Email/query; ids alone are small
const KEY = 'bulk';

export type Wish = { patch: Patch; verb: string; done: string } | { destroy: true; verb: string; done: string };

/** Does it to every message of the list. `undoTo`: where moved messages go back to when somebody asks. */
export async function changeAll(list: MailList, wish: Wish, undoTo?: Id): Promise<void> {
  let stopped = false;
  const tell = (done: number, all: number) => {
    const text = all ? `${wish.verb} ${done.toLocaleString()} of ${all.toLocaleString()}` : `${wish.verb} …`;
    toast({ text, key: KEY, lasts: 0, action: { label: 'Stop', run: () => (stopped = true) } });
  };
  const goOn = (all: number) => (done: number) => {
    if (stopped) throw new Stopped(done);
    tell(done, all);
  };
  tell(0, 0);
  try {
    const ids = await idsOf(list, () => stopped);
    tell(0, ids.length);
    if ('destroy' in wish) await destroy(list.accountId, ids, goOn(ids.length));
    else await update(list.accountId, same(ids, wish.patch), goOn(ids.length));
    const action =
      undoTo && 'patch' in wish ? { label: 'Undo', run: () => void changeBack(list, ids, undoTo) } : undefined;
    toast({ text: `${ids.length.toLocaleString()} messages ${wish.done}.`, key: KEY, ...(action ? { action } : {}) });
  } catch (failure) {
    if (failure instanceof Stopped)
      toast({ text: `Stopped after ${failure.done.toLocaleString()} messages.`, key: KEY });
    else {
      toast({ text: `${wish.verb} was interrupted.`, key: KEY });
      toastError(failure);
    }
  }
  list.rows.refresh();
  staleElsewhere(list.accountId, list);
}

class Stopped extends Error {
  constructor(readonly done: number) {
    super('stopped');
  }
}

async function changeBack(list: MailList, ids: Id[], mailbox: Id): Promise<void> {
  try {
    await update(list.accountId, same(ids, { mailbox }), (done) =>
      toast({ text: `Moving back ${done.toLocaleString()} of ${ids.length.toLocaleString()}`, key: KEY, lasts: 0 }),
    );
    toast({ text: 'Undone.', key: KEY, lasts: 3_000 });
  } catch (failure) {
    toastError(failure);
  }
  list.rows.refresh();
  staleElsewhere(list.accountId, list);
}

/** First all ids, then the changes: what is moved away would shift the positions of the rest. */
async function idsOf(list: MailList, isStopped: () => boolean): Promise<Id[]> {
  const ids: Id[] = [];
  for (;;) {
    const found = await call('Email/query', {
      accountId: list.accountId,
      filter: list.filter,
      sort: [{ property: 'receivedAt', isAscending: false }],
      position: ids.length,
      limit: IDS_AT_ONCE,
    });
    ids.push(...found.ids);
    if (isStopped()) throw new Stopped(0);
    if (found.ids.length === 0 || found.ids.length < Math.min(IDS_AT_ONCE, found.limit ?? IDS_AT_ONCE)) return ids;
  }
}

function same(ids: readonly Id[], patch: Patch): Map<Id, Patch> {
  return new Map(ids.map((id) => [id, patch]));
}
