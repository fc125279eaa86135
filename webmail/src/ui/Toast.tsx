// Short notices at the bottom: what happened, perhaps with one action (Undo). Call `toast(…)` from anywhere.
import { X } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { classes } from './classes';

export interface ToastOptions {
  text: string;
  tone?: 'neutral' | 'danger';
  action?: { label: string; run: () => void };
  /** Milliseconds until it leaves by itself; 0: it stays. */
  lasts?: number;
  /** A later toast with the same key takes the place of an earlier one. */
  key?: string;
}
interface Shown extends ToastOptions {
  id: number;
}

const LASTS_MS = 6_000; // long enough to read a line and reach the button
const AT_ONCE = 3;
let shown: readonly Shown[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Shows a notice; what is returned takes it away. */
export function toast(options: ToastOptions): () => void {
  const one = { ...options, id: ++lastId };
  change([...shown.filter((other) => !options.key || other.key !== options.key), one].slice(-AT_ONCE));
  return () => dismiss(one.id);
}

/** A failure as a notice. */
export function toastError(failure: unknown, fallback = 'That did not work.'): void {
  toast({
    text: failure instanceof Error && failure.message ? failure.message : fallback,
    tone: 'danger',
    lasts: 9_000,
  });
}

/** What the newest notice offers (Undo), as if its button were pressed; false when none offers anything. */
export function runToastAction(): boolean {
  const one = [...shown].reverse().find((other) => other.action);
  if (!one) return false;
  dismiss(one.id);
  one.action?.run();
  return true;
}

function dismiss(id: number): void {
  change(shown.filter((one) => one.id !== id));
}

function change(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Rendered once, by the root. */
export function Toaster() {
  const toasts = useSyncExternalStore(subscribe, () => shown);
  return (
    <section
      aria-label="Notices"
      aria-live="polite"
      className="no-print pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2 px-4 max-md:bottom-16 md:items-start md:px-6"
    >
      {toasts.map((one) => (
        <OneToast key={one.id} toast={one} />
      ))}
    </section>
  );
}

function OneToast({ toast: one }: { toast: Shown }) {
  const { id, lasts = LASTS_MS } = one;
  useEffect(() => {
    if (!lasts) return;
    const timer = setTimeout(() => dismiss(id), lasts);
    return () => clearTimeout(timer);
  }, [id, lasts]);
  return (
    <div
      className={classes(
        'pointer-events-auto flex max-w-lg items-center gap-2 rounded-md py-2 pr-2 pl-4 shadow-popover',
        one.tone === 'danger' ? 'border border-danger bg-danger-soft text-danger' : 'bg-ink text-canvas',
      )}
    >
      <span className="mr-2">{one.text}</span>
      {one.action ? (
        <button
          type="button"
          onClick={() => {
            dismiss(id);
            one.action?.run();
          }}
          className="rounded px-2 py-1 font-semibold underline underline-offset-2"
        >
          {one.action.label}
        </button>
      ) : null}
      <button type="button" aria-label="Close notice" onClick={() => dismiss(id)} className="rounded p-1">
        <X size={16} aria-hidden="true" />
      </button>
    </div>
  );
}
