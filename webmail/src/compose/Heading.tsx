// From, To, Cc, Bcc and Subject of a message being written.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef } from 'react';
import { Button } from '@/ui/Button';
import { sameEmail } from './addresses';
import { type Draft, withSignature } from './draft';
import { identitiesQuery } from './mail';
import { RecipientField } from './RecipientField';
import { fromOf } from './start';
import type { Writing } from './useDraft';

interface Props {
  writing: Writing;
  shows: { cc: boolean; bcc: boolean };
  onShow: (shows: { cc: boolean; bcc: boolean }) => void;
  rewrite: (next: (draft: Draft) => Draft) => void;
  focusTo: boolean;
}

export function Heading({ writing: { draft, change }, shows, onShow, rewrite, focusTo }: Props) {
  const id = useId();
  const to = useRef<HTMLInputElement>(null);
  const cc = useRef<HTMLInputElement>(null);
  const bcc = useRef<HTMLInputElement>(null);
  const before = useRef(shows);
  useEffect(() => {
    if (focusTo) to.current?.focus();
  }, [focusTo]);
  useEffect(() => {
    if (shows.cc && !before.current.cc) cc.current?.focus();
    else if (shows.bcc && !before.current.bcc) bcc.current?.focus();
    before.current = shows;
  }, [shows]);
  return (
    <div className="shrink-0">
      <From draft={draft} rewrite={rewrite} />
      <RecipientField
        label="To"
        value={draft.to}
        onChange={(value) => change({ to: value })}
        fieldRef={to}
        extra={
          <div className="flex shrink-0">
            {shows.cc ? null : (
              <Button
                look="quiet"
                size="small"
                className="px-2"
                title="Ctrl+Shift+C"
                onClick={() => onShow({ ...shows, cc: true })}
              >
                Cc
              </Button>
            )}
            {shows.bcc ? null : (
              <Button
                look="quiet"
                size="small"
                className="px-2"
                title="Ctrl+Shift+B"
                onClick={() => onShow({ ...shows, bcc: true })}
              >
                Bcc
              </Button>
            )}
          </div>
        }
      />
      {shows.cc ? (
        <RecipientField label="Cc" value={draft.cc} onChange={(value) => change({ cc: value })} fieldRef={cc} />
      ) : null}
      {shows.bcc ? (
        <RecipientField label="Bcc" value={draft.bcc} onChange={(value) => change({ bcc: value })} fieldRef={bcc} />
      ) : null}
      <div className="flex items-center gap-2 border-b border-line px-4 py-1">
        <label htmlFor={`${id}-subject`} className="sr-only">
          Subject
        </label>
        <input
          id={`${id}-subject`}
          placeholder="Subject"
          value={draft.subject}
          maxLength={900}
          onChange={(event) => change({ subject: event.target.value })}
          className="h-8 w-full bg-transparent font-medium outline-none"
        />
      </div>
    </div>
  );
}

/** Shown when there is a choice. Another From brings its own signature. */
function From({ draft, rewrite }: { draft: Draft; rewrite: Props['rewrite'] }) {
  const id = useId();
  const identities = useQuery(identitiesQuery).data ?? [];
  if (identities.length < 2) return null;
  const chosen =
    identities.find((one) => one.id === draft.identityId) ??
    identities.find(({ email }) => draft.from && sameEmail(email, draft.from.email));
  return (
    <div className="flex items-center gap-2 border-b border-line px-4 py-1">
      <label htmlFor={id} className="w-10 shrink-0 text-ink-muted">
        From
      </label>
      <select
        id={id}
        value={chosen?.id ?? ''}
        className="h-8 min-w-0 flex-1 bg-surface outline-none focus-visible:outline-2 focus-visible:outline-accent"
        onChange={(event) => {
          const next = identities.find((one) => one.id === event.target.value);
          if (!next) return;
          rewrite((now) => ({
            ...withSignature(now, next.htmlSignature, next.textSignature),
            identityId: next.id,
            from: fromOf(next),
          }));
        }}
      >
        {identities.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name ? `${one.name} <${one.email}>` : one.email}
          </option>
        ))}
      </select>
    </div>
  );
}
