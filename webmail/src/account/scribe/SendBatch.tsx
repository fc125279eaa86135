// Sending what is confident of a batch: to whom is seen first, and what was refused is told with its reason.
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { api, asSentence } from '@/api/rest';
import { formatWhen } from '@/compose/schedule';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { useTimeZone } from '../preferences';
import { batchPath, mailsQuery } from './api';
import type { Batch, BatchSent, MailRow } from './types';
import { mails } from './words';

interface SendProps {
  batch: Batch;
  name: string;
  /** Confident and not sent; some of them may be on their way. */
  atMost: number;
  onClose: () => void;
  onSent: () => void;
}

/** Asks, then says what went, when the last one leaves, and what was refused and why. */
export function SendBatch({ batch, name, atMost, onClose, onSent }: SendProps) {
  const timeZone = useTimeZone();
  const send = useMutation({
    mutationFn: () => api.post<BatchSent>(batchPath(batch.id, 'send'), {}),
    onSettled: onSent,
  });
  const wanted = { q: '', type: '', confident: 'true', status: 'COMPLETED', batch: batch.id, deleted: false };
  const page = useInfiniteQuery(mailsQuery(wanted)).data?.pages[0];
  const some = page?.emails.filter(isUnsent) ?? [];
  const count = page && !page.next ? some.length : atMost;
  const names = new Map(page?.emails.map((mail) => [mail.id, mail.recipient_name]));
  const unsure = Math.max(0, (batch.counts.COMPLETED ?? 0) - batch.confident);
  return (
    <Dialog
      open
      onClose={onClose}
      title={send.data ? 'What was done' : count ? `Send ${mails(count)}?` : 'Nothing is left to send'}
      footer={
        send.data ? (
          <Button look="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" busy={send.isPending} disabled={count === 0} onClick={() => send.mutate()}>
              {`Send ${mails(count)}`}
            </Button>
          </>
        )
      }
    >
      {send.data ? (
        <div role="status" className="flex flex-col gap-3">
          <p>
            {mails(send.data.queued)} {send.data.queued === 1 ? 'is' : 'are'} on{' '}
            {send.data.queued === 1 ? 'its' : 'their'} way.
            {send.data.last_at && Date.parse(send.data.last_at) > Date.now() + 60_000
              ? ` The last one leaves on ${formatWhen(new Date(send.data.last_at), timeZone)}.`
              : ''}
          </p>
          {send.data.refused.length > 0 ? (
            <>
              <p className="font-medium">{mails(send.data.refused.length)} stayed:</p>
              <ul className="flex flex-col gap-1 text-ink-muted">
                {send.data.refused.map(({ id, because }) => (
                  <li key={id} className="break-words">
                    {names.has(id) ? <span className="font-medium text-ink">{names.get(id)}: </span> : null}
                    {asSentence(because)}
                  </li>
                ))}
              </ul>
            </>
          ) : null}
        </div>
      ) : (
        <div className="flex flex-col gap-3">
          <p>
            {count ? '' : 'All that is confident left, or is on its way. '}Each of “{name}” leaves from your own
            address, with your note and a way to be left alone. What is beyond a day's room leaves on the days after.
          </p>
          <Recipients some={some} hasMore={Boolean(page?.next)} />
          {unsure ? (
            <p className="rounded-md bg-warning-soft px-4 py-3">
              {unsure === 1
                ? 'One more stays: not everything in it could be checked. Look at it and send it by itself.'
                : `${unsure.toLocaleString()} more stay: not everything in them could be checked. Look at them and send them one by one.`}
            </p>
          ) : null}
          {send.error ? (
            <p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-danger">
              {send.error.message}
            </p>
          ) : null}
        </div>
      )}
    </Dialog>
  );
}

/** Those that would leave, as far as a page of them goes. */
function Recipients({ some, hasMore }: { some: MailRow[]; hasMore: boolean }) {
  if (some.length === 0) return null;
  return (
    <ul aria-label="To whom" className="flex flex-col gap-1 rounded-md border border-line px-4 py-3">
      {some.map((mail) => (
        <li key={mail.id} className="flex flex-wrap justify-between gap-x-4">
          <span className="font-medium">{mail.recipient_name}</span>
          <span className={mail.recipient_email ? 'break-all text-ink-muted' : 'text-danger'}>
            {mail.recipient_email || 'no address'}
          </span>
        </li>
      ))}
      {hasMore ? <li className="text-ink-muted">And more.</li> : null}
    </ul>
  );
}

function isUnsent({ sent }: MailRow): boolean {
  return sent.state === '' || sent.state === 'drafted';
}
