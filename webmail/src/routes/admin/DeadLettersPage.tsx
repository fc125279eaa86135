// Work that was given up after every attempt: why, and once more when the reason is gone.
import { useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type DeadLetter, useChange, usePages, when } from './model';
import { More, Read, Section } from './parts';

export default function Page() {
  const [source, setSource] = useState('');
  const [shown, setShown] = useState<DeadLetter | null>(null);
  const query = usePages<DeadLetter>('dead-letters', 'dead_letters', { source, limit: 50 });
  const change = useChange(() => setShown(null));
  const replay = (one: DeadLetter) =>
    change.mutate({ method: 'post', path: `dead-letters/${one.id}/replay`, done: 'It is tried once more.' });
  return (
    <Section
      title="Dead letters"
      hint="What failed in every attempt. Nothing is lost: replay it when the reason is gone."
      actions={
        <Select
          label="Source"
          value={source}
          onChange={setSource}
          options={[
            { value: '', label: 'all' },
            { value: 'event', label: 'events' },
            { value: 'outbox', label: 'outbox' },
            { value: 'workflow', label: 'workflows' },
          ]}
        />
      }
    >
      <Read query={query}>
        <Table
          caption="Dead letters"
          rows={query.rows}
          rowKey={(one) => one.id}
          empty="There is none: everything has worked."
          columns={[
            {
              id: 'what',
              header: 'What',
              cell: (one) => (
                <>
                  <span className="font-medium">{one.name}</span>
                  <span className="block text-xs text-ink-muted">
                    {one.source} {one.group}
                  </span>
                </>
              ),
            },
            { id: 'error', header: 'Error', className: 'max-w-md', cell: (one) => firstLine(one.error) },
            { id: 'attempts', header: 'Tries', align: 'right', cell: (one) => one.attempts },
            { id: 'died', header: 'Given up', className: 'whitespace-nowrap', cell: (one) => when(one.died_at) },
            {
              id: 'do',
              header: <span className="sr-only">Actions</span>,
              cell: (one) => (
                <span className="flex items-center justify-end gap-1">
                  {one.replayed_at ? <Badge tone="success">replayed</Badge> : null}
                  <Button size="small" look="quiet" onClick={() => setShown(one)}>
                    Details
                  </Button>
                  {one.replayed_at ? null : (
                    <Button size="small" onClick={() => replay(one)}>
                      Replay
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
        <More more={query.more} busy={query.isFetchingNextPage} />
      </Read>
      <Dialog
        open={shown !== null}
        onClose={() => setShown(null)}
        title={shown?.name ?? ''}
        description={shown ? `Given up ${when(shown.died_at)} after ${shown.attempts} attempts.` : ''}
        width="wide"
        footer={
          shown && !shown.replayed_at ? (
            <Button look="primary" busy={change.isPending} onClick={() => replay(shown)}>
              Replay
            </Button>
          ) : null
        }
      >
        <pre className="overflow-x-auto rounded bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
          {shown?.error}
        </pre>
      </Dialog>
    </Section>
  );
}

function firstLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
