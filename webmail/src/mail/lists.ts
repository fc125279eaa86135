// The message lists that are open or were: one windowed list for each mailbox or search, loaded through Email/query.
import { useSyncExternalStore } from 'react';
import { type Answers, Batch, type Call, MethodError } from '@/api/jmap/batch';
import { send } from '@/api/jmap/client';
import type { EmailFilter, Id, SearchSnippet } from '@/api/jmap/types';
import { noteState } from './changes';
import { ROW_PROPERTIES, type Row } from './patches';
import { putRows, putThreads } from './store';
import { type Window, WindowedList } from './windows';

export interface ListSpec {
  accountId: Id;
  /** The mailbox it shows; null for a search. */
  mailboxId: Id | null;
  filter: EmailFilter;
  /** What came back from being snoozed stands at the top although it is older. */
  returnedFirst?: boolean;
}
export interface MailList extends ListSpec {
  key: string;
  rows: WindowedList;
  /** Where in a message the searched words stand, by its id. */
  snippets: Map<Id, SearchSnippet>;
}

/** The server's keyword for what came back from being snoozed; whoever has read it takes it away. */
export const RETURNED = '$snoozed-returned';
const MAX_KEPT = 20; // lists that are remembered when one goes back
const kept = new Map<string, MailList>();

export function listFor(spec: ListSpec): MailList {
  const key = JSON.stringify([spec.accountId, spec.filter, spec.returnedFirst ?? false]);
  const known = kept.get(key);
  if (known) {
    kept.delete(key); // used last, forgotten last
    kept.set(key, known);
    return known;
  }
  const snippets = new Map<Id, SearchSnippet>();
  const rows = new WindowedList((position, limit, wantTotal) =>
    load({ ...spec, snippets }, position, limit, wantTotal),
  );
  const list = { ...spec, key, rows, snippets };
  kept.set(key, list);
  for (const oldest of kept.keys()) {
    if (kept.size <= MAX_KEPT) break;
    kept.delete(oldest);
  }
  return list;
}

/** Renders again whenever the list changes. */
export function useList(list: MailList): WindowedList {
  useSyncExternalStore(list.rows.subscribe, () => list.rows.version);
  return list.rows;
}

export function listsOf(accountId: Id): MailList[] {
  return [...kept.values()].filter((list) => list.accountId === accountId);
}

export function refreshLists(accountId: Id, except?: MailList): void {
  for (const list of listsOf(accountId)) if (list !== except) list.rows.refresh();
}

export function forgetLists(): void {
  kept.clear();
}

type Wanted = ListSpec & Pick<MailList, 'snippets'>;

/** One request: the ids, their messages, the threads these belong to, and the rest of those threads. */
async function load(wanted: Wanted, position: number, limit: number, wantTotal: boolean): Promise<Window> {
  const { accountId, filter, snippets } = wanted;
  const batch = new Batch();
  const query = batch.add('Email/query', {
    accountId,
    filter,
    sort: [
      ...(wanted.returnedFirst ? [{ property: 'hasKeyword', keyword: RETURNED, isAscending: false }] : []),
      { property: 'receivedAt', isAscending: false },
    ],
    collapseThreads: true,
    position,
    limit,
    calculateTotal: wantTotal,
  });
  const found = batch.add('Email/get', { accountId, '#ids': query.ref('/ids'), properties: ROW_PROPERTIES });
  const threads = batch.add('Thread/get', { accountId, '#ids': found.ref('/list/*/threadId') });
  const others = batch.add('Email/get', {
    accountId,
    '#ids': threads.ref('/list/*/emailIds'),
    properties: ROW_PROPERTIES,
  });
  const marked = searchesText(filter)
    ? batch.add('SearchSnippet/get', { accountId, filter, '#emailIds': query.ref('/ids') })
    : null;
  const answers = await send(batch);
  const { ids, position: at, total } = answers.of(query);
  const got = answers.of(found);
  noteState(accountId, got.state);
  putRows(got.list);
  putThreads(answers.of(threads).list);
  putRows(restOf(answers, others));
  if (marked) for (const one of answers.of(marked).list) snippets.set(one.emailId, one);
  return { position: at, ids, ...(total === undefined ? {} : { total }) };
}

/** Very long threads may be more than one answer holds (RFC 8620 §5.1, requestTooLarge): the list does without their rest. */
function restOf(answers: Answers, others: Call<'Email/get'>): Row[] {
  try {
    return answers.of(others).list;
  } catch (failure) {
    if (failure instanceof MethodError && failure.type === 'requestTooLarge') return [];
    throw failure;
  }
}

function searchesText(filter: EmailFilter): boolean {
  return 'operator' in filter
    ? filter.operator !== 'NOT' && filter.conditions.some(searchesText)
    : filter.text !== undefined;
}
