// Who wrote a message to whom and when; the details on request.
import { ChevronDown, ChevronUp, ShieldAlert, ShieldCheck } from 'lucide-react';
import { useId, useState } from 'react';
import type { Email, EmailAddress } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import { authentication } from '@/mail/conversation';
import { long, short } from '@/mail/dates';
import { displayName } from '@/mail/people';
import { Badge } from '@/ui/Badge';

interface Props {
  email: Email;
  own: string;
  onClose: () => void;
}

export function MessageHead({ email, own, onClose }: Props) {
  const [details, setDetails] = useState(false);
  const id = useId();
  const [sender] = email.from ?? [];
  const name = (address: EmailAddress) =>
    address.email.toLowerCase() === own.toLowerCase() ? 'me' : displayName(address);
  const recipients = [...(email.to ?? []), ...(email.cc ?? [])].map(name);
  const shown = recipients.slice(0, 4).join(', ') + (recipients.length > 4 ? ` and ${recipients.length - 4} more` : '');
  return (
    <div className="min-w-0 flex-1">
      <div className="flex items-baseline gap-x-2 print:flex-wrap">
        <button
          type="button"
          aria-expanded="true"
          onClick={onClose}
          className="min-w-0 truncate text-left font-semibold"
        >
          {displayName(sender)}
        </button>
        <span className="hidden min-w-0 truncate text-xs text-ink-muted sm:inline print:inline">
          {sender?.name ? sender.email : ''}
        </span>
        <time
          dateTime={email.receivedAt}
          title={long(email.receivedAt)}
          className="ml-auto shrink-0 text-xs text-ink-muted tabular-nums"
        >
          <span className="print:hidden">{short(email.receivedAt)}</span>
          <span className="hidden print:inline">{long(email.receivedAt)}</span>
        </time>
      </div>
      <button
        type="button"
        aria-expanded={details}
        aria-controls={id}
        onClick={() => setDetails(!details)}
        className="flex max-w-full items-center gap-1 text-left text-xs text-ink-muted hover:text-ink"
      >
        <span className="truncate">to {shown || 'nobody'}</span>
        {details ? <ChevronUp size={14} aria-hidden="true" /> : <ChevronDown size={14} aria-hidden="true" />}
        <span className="sr-only">{details ? 'Hide details' : 'Show details'}</span>
      </button>
      {details ? <Details id={id} email={email} /> : null}
    </div>
  );
}

function Details({ id, email }: { id: string; email: Email }) {
  const lines: [string, EmailAddress[] | null][] = [
    ['From', email.from],
    ['Sender', same(email.sender, email.from) ? null : email.sender],
    ['Reply to', same(email.replyTo, email.from) ? null : email.replyTo],
    ['To', email.to],
    ['Cc', email.cc],
    ['Bcc', email.bcc],
  ];
  const checks = authentication(email);
  return (
    <dl id={id} className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-md bg-sunken p-3 text-xs">
      {lines.map(([label, addresses]) =>
        addresses?.length ? (
          <Line key={label} label={label}>
            <span className="flex flex-wrap gap-x-2">
              {addresses.map((address) => (
                <Person key={address.email} address={address} />
              ))}
            </span>
          </Line>
        ) : null,
      )}
      <Line label="Date">{long(email.sentAt ?? email.receivedAt)}</Line>
      {email.sentAt && Math.abs(Date.parse(email.sentAt) - Date.parse(email.receivedAt)) > 120_000 ? (
        <Line label="Received">{long(email.receivedAt)}</Line>
      ) : null}
      <Line label="Checked">
        {checks.length ? (
          <span className="flex flex-wrap gap-1">
            {checks.map((one) => (
              <Badge
                key={`${one.method}-${one.result}`}
                tone={
                  one.result === 'pass'
                    ? 'success'
                    : one.result === 'fail' || one.result === 'permerror'
                      ? 'danger'
                      : 'neutral'
                }
              >
                {one.result === 'pass' ? <ShieldCheck aria-hidden="true" /> : <ShieldAlert aria-hidden="true" />}
                {one.method} {one.result}
              </Badge>
            ))}
          </span>
        ) : (
          'Who sent it was not checked.'
        )}
      </Line>
    </dl>
  );
}

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-ink-muted">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

function Person({ address }: { address: EmailAddress }) {
  return (
    <button
      type="button"
      onClick={() => openComposer({ kind: 'new', to: address.email })}
      className="text-left hover:underline"
    >
      {address.name ? `${displayName(address)} <${address.email}>` : address.email}
    </button>
  );
}

function same(one: EmailAddress[] | null, other: EmailAddress[] | null): boolean {
  if (!one?.length) return true;
  return one.length === other?.length && one.every((address, index) => address.email === other[index]?.email);
}
