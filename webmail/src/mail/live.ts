// Whether the server can be heard, for everybody who shows it; started once by the webmail.
import { useEffect, useSyncExternalStore } from 'react';
import type { PushState } from '@/api/jmap/push';
import { follow } from './changes';
import type { Row } from './patches';

let state: PushState = 'connecting';
let news = '';
const listeners = new Set<() => void>();

function set(change: { state?: PushState; news?: string }): void {
  state = change.state ?? state;
  news = change.news ?? news;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useLive(): void {
  useEffect(
    () =>
      follow(
        (next) => set({ state: next }),
        (rows) => set({ news: announced(rows) }),
      ),
    [],
  );
}

export function useConnection(): PushState {
  return useSyncExternalStore(subscribe, () => state);
}

/** What a screen reader is told of mail that arrived. */
export function useNews(): string {
  return useSyncExternalStore(subscribe, () => news);
}

function announced(rows: Row[]): string {
  const [first] = rows;
  if (!first) return '';
  const from = first.from?.[0]?.name || first.from?.[0]?.email || 'somebody';
  return rows.length === 1 ? `New message from ${from}: ${first.subject ?? ''}` : `${rows.length} new messages`;
}
