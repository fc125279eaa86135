// What is shown when a page fails or does not exist.
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { CircleAlert, MapPinOff } from 'lucide-react';
import { ApiError } from '@/api/rest';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';

export function Failure({ error, reset }: ErrorComponentProps) {
  const known = error instanceof ApiError;
  return (
    <main className="h-full">
      <EmptyState
        icon={<CircleAlert aria-hidden="true" />}
        title={known ? error.message : 'This page could not be shown.'}
        action={<Button onClick={() => (known ? reset() : window.location.reload())}>Try again</Button>}
      >
        {known && error.requestId ? <p>Request {error.requestId}</p> : null}
      </EmptyState>
    </main>
  );
}

export function NotFound() {
  return (
    <main className="h-full">
      <EmptyState
        icon={<MapPinOff aria-hidden="true" />}
        title="There is no page at this address."
        action={
          <Link to="/" className="font-medium text-accent underline underline-offset-2">
            Go to the start
          </Link>
        }
      />
    </main>
  );
}
