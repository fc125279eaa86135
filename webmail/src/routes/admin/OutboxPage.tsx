// What is on its way out: waiting, failed and sent mail, with retry and cancel.
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { Badge, type Tone } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type OutboxItem, useChange, usePages, useReach, when } from './model';
import { More, Read, Section } from './parts';

const TONES: Record<string, Tone> = { queued: 'accent', sending: 'accent', sent: 'success', failed: 'danger' };

export default function Page() {
  const { admin } = useReach();
  const [status, setStatus] = useState('');
  const [recipient, setRecipient] = useState('');
  const query = usePages<OutboxItem>('outbox', 'items', {
    status,
    recipient: useDeferredValue(recipient.trim()),
    limit: 50,
  });
  const change = useChange();
  return (
    <Section title="Outbox" hint="Every mail that leaves, one row for each recipient.">
      <div className="mb-4 flex flex-wrap gap-4">
        <TextField
          label="Recipient"
          type="search"
          className="min-w-48 flex-1"
          value={recipient}
          onChange={(event) => setRecipient(event.target.value)}
        />
        <Select
          label="Status"
          value={status}
          onChange={setStatus}
          options={[
            { value: '', label: 'any' },
            ...['queued', 'sending', 'sent', 'failed', 'cancelled'].map((one) => ({ value: one, label: one })),
          ]}
        />
      </div>
      <Read query={query}>
        <Table
          caption="Outbox"
          rows={query.rows}
          rowKey={(one) => one.id}
          empty="Nothing matches."
          columns={[
            {
              id: 'to',
              header: 'Recipient',
              cell: (one) => (
                <>
                  <span className="font-medium">{one.recipient}</span>
                  <span className="block text-xs text-ink-muted">from {one.sender ?? 'the system'}</span>
                </>
              ),
            },
            {
              id: 'status',
              header: 'Status',
              cell: (one) => <Badge tone={TONES[one.status] ?? 'neutral'}>{one.status}</Badge>,
            },
            { id: 'attempts', header: 'Tries', align: 'right', cell: (one) => one.attempts },
            {
              id: 'said',
              header: 'Last answer',
              className: 'max-w-xs break-words text-ink-muted',
              cell: (one) => one.last_error,
            },
            { id: 'since', header: 'Since', className: 'whitespace-nowrap', cell: (one) => when(one.created_at) },
            {
              id: 'do',
              header: <span className="sr-only">Actions</span>,
              cell: (one) => (
                <span className="flex justify-end gap-1">
                  {one.status === 'failed' || one.status === 'queued' ? (
                    <Button
                      size="small"
                      look="quiet"
                      onClick={() =>
                        change.mutate({
                          method: 'post',
                          path: `outbox/${one.id}/retry`,
                          done: `${one.recipient} is tried again now.`,
                        })
                      }
                    >
                      Retry
                    </Button>
                  ) : null}
                  {admin && one.status === 'queued' ? (
                    <Button
                      size="small"
                      look="quiet"
                      onClick={() =>
                        change.mutate({
                          method: 'post',
                          path: `outbox/${one.id}/cancel`,
                          done: `The mail to ${one.recipient} was cancelled.`,
                        })
                      }
                    >
                      Cancel
                    </Button>
                  ) : null}
                  <Link
                    to="/admin/trace"
                    search={{ q: one.message_id }}
                    className="inline-flex h-8 items-center rounded-md px-3 text-[13px] font-medium hover:bg-hover"
                  >
                    Trace
                  </Link>
                </span>
              ),
            },
          ]}
        />
        <More more={query.more} busy={query.isFetchingNextPage} />
      </Read>
    </Section>
  );
}
