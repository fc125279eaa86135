// Something is under way. An empty label leaves the announcement to what surrounds it.
import { LoaderCircle } from 'lucide-react';

export function Spinner({ label = 'Loading', size = 16 }: { label?: string; size?: number }) {
  const icon = <LoaderCircle size={size} className="animate-spin" aria-hidden="true" />;
  if (!label) return icon;
  return (
    <span role="status" className="inline-flex text-ink-muted">
      {icon}
      <span className="sr-only">{label}</span>
    </span>
  );
}

/** Fills the place of a page or panel that is being loaded. */
export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div className="flex h-full min-h-32 items-center justify-center">
      <Spinner label={label} size={24} />
    </div>
  );
}
