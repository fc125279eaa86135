// Pieces of the dashboard and the settings: a titled panel, and the three faces of a query (loading, failed, there).
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { Loading } from '@/ui/Spinner';

interface PanelProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}

export function Panel({ title, description, actions, children, className }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes('rounded-lg border border-line bg-surface p-4 sm:p-6', className)}>
      <div className="mb-4 flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0 flex-1 basis-64">
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          {description ? <p className="mt-1 max-w-prose text-ink-muted">{description}</p> : null}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}

interface LoadedProps<T> {
  of: UseQueryResult<T>;
  what: string;
  children: (value: T) => ReactNode;
}

/** Shows what a query brought; while it is loading a spinner, when it failed the reason and a way to try again. */
export function Loaded<T>({ of, what, children }: LoadedProps<T>) {
  if (of.data !== undefined) return children(of.data);
  if (of.isError) return <Failed reason={of.error.message} what={what} onRetry={() => void of.refetch()} />;
  return <Loading label={`Loading ${what}`} />;
}

export function Failed({ reason, what, onRetry }: { reason: string; what: string; onRetry: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center justify-between gap-4 rounded-md bg-danger-soft px-4 py-3">
      <p className="text-danger">
        The {what} could not be loaded. {reason}
      </p>
      <Button size="small" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
