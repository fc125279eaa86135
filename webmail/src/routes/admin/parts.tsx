// What several pages of the administration share: a section with its heading, reading states, and "more" below a list.
import { CircleCheck, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '@/api/rest';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { Spinner } from '@/ui/Spinner';

interface SectionProps {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, hint, actions, children }: SectionProps) {
  return (
    <section className="mb-8" aria-label={title}>
      <div className="mb-3 flex flex-wrap items-end justify-between gap-2">
        <div>
          <h2 className="text-lg font-semibold">{title}</h2>
          {hint ? <p className="text-ink-muted">{hint}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-end gap-2">{actions}</div> : null}
      </div>
      {children}
    </section>
  );
}

interface ReadProps {
  query: { isPending: boolean; error: unknown; refetch: () => unknown };
  children: ReactNode;
}

/** The content once it has been read; until then that it is being read, or why it could not be. */
export function Read({ query, children }: ReadProps) {
  if (query.isPending) {
    return (
      <div className="flex justify-center p-8">
        <Spinner label="Loading" />
      </div>
    );
  }
  if (query.error) {
    const text = query.error instanceof ApiError ? query.error.message : 'This could not be read.';
    return <EmptyState title={text} action={<Button onClick={() => void query.refetch()}>Try again</Button>} />;
  }
  return children;
}

interface MoreProps {
  more: (() => void) | null;
  busy: boolean;
}

export function More({ more, busy }: MoreProps) {
  if (!more) return null;
  return (
    <div className="flex justify-center pt-4">
      <Button onClick={more} busy={busy}>
        Show more
      </Button>
    </div>
  );
}

/** One number with what it counts. */
export function Figure({ label, value, warn }: { label: string; value: ReactNode; warn?: boolean }) {
  return (
    <div className="rounded-lg border border-line bg-surface p-4">
      <p className={warn ? 'text-2xl font-semibold text-danger tabular-nums' : 'text-2xl font-semibold tabular-nums'}>
        {value}
      </p>
      <p className="text-ink-muted">{label}</p>
    </div>
  );
}

/** Whether something that was looked at is well: by its shape, too, and for screen readers. */
export function Mark({ status }: { status: 'ok' | 'warn' | 'fail' }) {
  if (status === 'ok') return <CircleCheck size={18} className="mt-0.5 shrink-0 text-success" aria-label="well" />;
  const tone = status === 'warn' ? 'text-warning' : 'text-danger';
  return (
    <TriangleAlert
      size={18}
      className={`mt-0.5 shrink-0 ${tone}`}
      aria-label={status === 'warn' ? 'to be looked at' : 'not well'}
    />
  );
}
