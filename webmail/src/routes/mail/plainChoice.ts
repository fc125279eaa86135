// Messages somebody wants to see as plain text although they have HTML.
import { useSyncExternalStore } from 'react';

const plain = new Set<string>();
const listeners = new Set<() => void>();

export function togglePlain(id: string): void {
  if (!plain.delete(id)) plain.add(id);
  for (const listener of listeners) listener();
}

export function usePlain(id: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => plain.has(id),
  );
}
