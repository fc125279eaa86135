// Makes the control of one list: selection, cursor, opening, and the actions with what follows them.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useJmapSession } from '@/api/jmap/client';
import type { Id, Mailbox, MailboxRole } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import * as actions from '@/mail/actions';
import { type MailList, useList } from '@/mail/lists';
import { rowOf, threadOf } from '@/mail/store';
import type { Place } from '@/mail/tree';
import type { ListControl, Panel, Verb } from './control';

interface Given {
  list: MailList;
  place: Place | null;
  mailboxes: Mailbox[];
  openThread: Id | null;
  open: (threadId: Id | null) => void;
}

const NONE: ReadonlySet<Id> = new Set();
const AHEAD = 2_000; // rows searched for the entry of the open conversation

export function useListControl({ list, place, mailboxes, openThread, open }: Given): ListControl {
  const rows = useList(list);
  const isOwn = useJmapSession().accounts[list.accountId]?.isPersonal ?? true;
  const [selected, setSelected] = useState<ReadonlySet<Id>>(NONE);
  const [everything, setEverything] = useState(false);
  const [cursor, setCursor] = useState<Id | null>(null);
  const [panel, show] = useState<Panel | null>(null);
  const anchor = useRef<Id | null>(null);

  const clear = useCallback(() => {
    setSelected(NONE);
    setEverything(false);
    anchor.current = null;
  }, []);

  // Another list: nothing of the old one is chosen.
  const shownKey = useRef(list.key);
  useEffect(() => {
    if (shownKey.current === list.key) return;
    shownKey.current = list.key;
    clear();
    setCursor(null);
    show(null);
  }, [list.key, clear]);

  const select: ListControl['select'] = useCallback(
    (id, options = {}) => {
      setEverything(false);
      setSelected((before) => {
        const next = new Set(before);
        const on = options.on ?? !before.has(id);
        const from = options.range && anchor.current ? list.rows.indexOf(anchor.current) : -1;
        const to = list.rows.indexOf(id);
        const ids = from >= 0 && to >= 0 ? list.rows.between(Math.min(from, to), Math.max(from, to) + 1) : [id];
        for (const one of ids) {
          if (on) next.add(one);
          else next.delete(one);
        }
        return next;
      });
      anchor.current = id;
    },
    [list],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: `rows.version` stands for what the list holds
  return useMemo(() => {
    const total = rows.total ?? 0;
    const entryOf = (threadId: Id): Id | undefined => {
      for (let index = 0; index < Math.min(total, AHEAD); index += 1) {
        const id = rows.at(index);
        if (id && rowOf(id)?.threadId === threadId) return id;
      }
      return undefined;
    };
    const entryOpen = () => (openThread ? entryOf(openThread) : undefined);
    const current = () => entryOpen() ?? cursor ?? undefined;

    const go = (id: Id | undefined) => {
      if (!id) return;
      setCursor(id);
      const threadId = rowOf(id)?.threadId;
      if (openThread && threadId) open(threadId);
    };
    const step = (by: 1 | -1) => {
      const id = current();
      const index = id ? rows.indexOf(id) : by > 0 ? -1 : 0;
      go(rows.at(Math.max(0, Math.min(total - 1, index + by))));
    };
    const choice = (): actions.Choice | null => {
      const known = [...selected].filter((id) => rows.indexOf(id) >= 0);
      if (known.length) return { list, ids: known };
      const id = current() ?? (openThread ? newestOf(openThread, place) : undefined);
      return id ? { list, ids: [id] } : null;
    };
    /** What is acted upon leaves the list: the one after it is next. */
    const moveOn = (ids: readonly Id[]) => {
      const gone = new Set(ids);
      const first = Math.max(0, Math.min(...ids.map((id) => rows.indexOf(id)).filter((index) => index >= 0)));
      let index = first;
      while (index < total && gone.has(rows.at(index) ?? '')) index += 1;
      const next = rows.at(index) ?? rows.at(first - 1);
      clear();
      const wasOpen = openThread !== null && ids.some((id) => rowOf(id)?.threadId === openThread);
      if (wasOpen) {
        const threadId = next ? rowOf(next)?.threadId : undefined;
        open(window.matchMedia('(min-width: 1024px)').matches && threadId ? threadId : null);
      }
      if (wasOpen || ids.includes(cursor ?? '')) setCursor(next ?? null);
    };
    const has = (role: MailboxRole) => isOwn || mailboxes.some((one) => one.role === role);
    const act = (verb: Verb) => {
      if ((verb === 'archive' || verb === 'junk') && !has(verb)) return;
      if (everything && verb !== 'star') {
        bulkVerb.current = verb;
        show('all');
        return;
      }
      const chosen = choice();
      if (!chosen) return;
      perform(verb, chosen, place, has('trash'), { moveOn, show, clear, close: () => open(null) });
    };
    return {
      list,
      place,
      mailboxes,
      has,
      isOwn,
      openThread,
      open,
      openEntry: (id) => {
        setCursor(id);
        const row = rowOf(id);
        if (!row) return;
        if (place?.role === 'drafts' && row.keywords.$draft) {
          openComposer({ kind: 'draft', accountId: list.accountId, emailId: id });
        } else open(row.threadId);
      },
      cursor,
      setCursor,
      selected,
      everything,
      select,
      selectLoaded: () => setSelected(new Set(rows.between(0, total))),
      selectEverything: () => {
        setSelected(new Set(rows.between(0, total)));
        setEverything(true);
      },
      clear,
      step,
      panel,
      show,
      choice,
      act,
    };
  }, [
    list,
    place,
    mailboxes,
    isOwn,
    openThread,
    open,
    cursor,
    selected,
    everything,
    select,
    clear,
    panel,
    rows,
    rows.version,
  ]);
}

/** Which change the dialog "everything" is about. */
export const bulkVerb: { current: Verb } = { current: 'archive' };

interface After {
  moveOn: (ids: readonly Id[]) => void;
  show: (panel: Panel) => void;
  clear: () => void;
  close: () => void;
}

function perform(verb: Verb, choice: actions.Choice, place: Place | null, hasTrash: boolean, after: After): void {
  const all = actions.conversations(choice);
  switch (verb) {
    case 'archive':
      if (place?.role === 'archive') return;
      after.moveOn(choice.ids);
      void actions.archive(choice);
      return;
    case 'delete':
      if (place?.role === 'trash' || !hasTrash) {
        after.show('delete');
        return;
      }
      after.moveOn(choice.ids);
      void actions.moveToTrash(choice);
      return;
    case 'junk':
      after.moveOn(choice.ids);
      void (place?.role === 'junk' ? actions.markNotJunk(choice) : actions.markJunk(choice));
      return;
    case 'star':
      void actions.star(choice, !all.every((one) => one.starred));
      return;
    case 'read':
      void actions.markRead(choice, true);
      after.clear();
      return;
    case 'unread':
      void actions.markRead(choice, false);
      after.clear();
      after.close();
  }
}

/** A conversation that was opened by its address, before the list has its entry. */
function newestOf(threadId: Id, place: Place | null): Id | undefined {
  const all = threadOf(threadId);
  return (place ? all.findLast((row) => place.id in row.mailboxIds) : undefined)?.id ?? all.at(-1)?.id;
}
