// Which composer windows are open. A small store, so that sending may open one again after its window is gone.
import { useSyncExternalStore } from 'react';
import type { Draft } from './draft';
import type { ComposeIntent } from './open';

export type Shape = 'docked' | 'minimised' | 'large';

export interface ComposerWindow {
  id: number;
  shape: Shape;
  /** What is to be opened; `draft` when it is at hand already. */
  intent: ComposeIntent | null;
  draft: Draft | null;
  /** `draft` is not on the server as it is. */
  unsaved: boolean;
  /** Another tab has it and is to let it go. */
  takeOver: boolean;
}

const MOST = 4; // side by side on a wide screen; an older one is minimised, never closed

let windows: readonly ComposerWindow[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly ComposerWindow[]): void {
  windows = next;
  for (const listener of listeners) listener();
}

type What = { intent: ComposeIntent } | { draft: Draft; unsaved: boolean; takeOver?: boolean };

export function openWindow(what: What, shape: Shape = 'docked'): number {
  const intent = 'intent' in what ? what.intent : null;
  const draft = 'draft' in what ? what.draft : null;
  const emailId = draft?.emailId ?? (intent?.kind === 'draft' ? intent.emailId : null);
  const same = windows.find(
    (one) =>
      (draft && one.draft?.messageId === draft.messageId) ||
      (emailId && (one.draft?.emailId === emailId || (one.intent?.kind === 'draft' && one.intent.emailId === emailId))),
  );
  if (same) {
    if (shape !== 'minimised') reshape(same.id, shape);
    return same.id;
  }
  lastId += 1;
  const others = windows.map((one) =>
    shape !== 'minimised' && (one.shape === 'large' || windows.length >= MOST)
      ? { ...one, shape: 'minimised' as const }
      : one,
  );
  const unsaved = 'unsaved' in what && what.unsaved;
  const takeOver = 'takeOver' in what && what.takeOver === true;
  change([...others, { id: lastId, shape, intent, draft, unsaved, takeOver }]);
  return lastId;
}

export function reshape(id: number, shape: Shape): void {
  change(
    windows.map((one) =>
      one.id === id
        ? { ...one, shape }
        : shape === 'large' && one.shape === 'large'
          ? { ...one, shape: 'docked' }
          : one,
    ),
  );
}

/** What the window shows by now: so that the same draft is not opened twice. */
export function remember(id: number, draft: Draft): void {
  const one = windows.find((other) => other.id === id);
  if (one && one.draft?.emailId !== draft.emailId)
    change(windows.map((other) => (other.id === id ? { ...other, draft } : other)));
}

export function closeWindow(id: number): void {
  change(windows.filter((one) => one.id !== id));
}

export function useWindows(): readonly ComposerWindow[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => windows,
  );
}
