// Tasks of agents that failed, follow-ups among them: why, what happened, and once more. What they are about is not shown.
import { useState } from 'react';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type FailedTask, type TaskHistory, useAdmin, useChange, usePages, when } from './model';
import { More, Read, Section } from './parts';

const AGENTS = ['employee', 'assistant', 'concierge', 'scribe'];

export default function Page() {
  const [agent, setAgent] = useState('');
  const [shown, setShown] = useState<FailedTask | null>(null);
  const query = usePages<FailedTask>('/admin/tasks/failed', 'tasks', { agent, limit: 50 });
  const change = useChange(() => setShown(null));
  const retry = (one: FailedTask) =>
    change.mutate({ method: 'post', path: `/admin/tasks/${one.id}/retry`, done: 'It is tried once more.' });
  return (
    <Section
      title="Failed tasks"
      hint="What agents could not do, reminders that could not be sent among it."
      actions={
        <Select
          label="Agent"
          value={agent}
          onChange={setAgent}
          options={[{ value: '', label: 'all' }, ...AGENTS.map((value) => ({ value, label: value }))]}
        />
      }
    >
      <Read query={query}>
        <Table
          caption="Failed tasks"
          rows={query.rows}
          rowKey={(one) => one.id}
          empty="There is none: everything was done."
          columns={[
            { id: 'agent', header: 'Agent', cell: (one) => <span className="font-medium">{one.agent}</span> },
            { id: 'error', header: 'Error', className: 'max-w-md', cell: (one) => one.last_error || one.because },
            { id: 'due', header: 'Due', className: 'whitespace-nowrap', cell: (one) => when(one.due_at) },
            { id: 'failed', header: 'Failed', className: 'whitespace-nowrap', cell: (one) => when(one.completed_at) },
            {
              id: 'do',
              header: <span className="sr-only">Actions</span>,
              cell: (one) => (
                <span className="flex items-center justify-end gap-1">
                  <Button size="small" look="quiet" onClick={() => setShown(one)}>
                    History
                  </Button>
                  <Button size="small" onClick={() => retry(one)}>
                    Try again
                  </Button>
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
        title={shown ? `A task of the ${shown.agent}` : ''}
        description={shown ? `Failed ${when(shown.completed_at)}: ${shown.last_error || shown.because}` : ''}
        width="wide"
        footer={
          shown ? (
            <Button look="primary" busy={change.isPending} onClick={() => retry(shown)}>
              Try again
            </Button>
          ) : null
        }
      >
        {shown ? <History id={shown.id} /> : null}
      </Dialog>
    </Section>
  );
}

function History({ id }: { id: string }) {
  const history = useAdmin<TaskHistory>(`/admin/tasks/${id}/events`);
  return (
    <Read query={history}>
      <ol className="flex flex-col gap-1">
        {(history.data?.events ?? []).map((one) => (
          <li key={`${one.at} ${one.status} ${one.detail}`} className="flex flex-wrap gap-x-3">
            <span className="w-40 shrink-0 text-ink-muted">{when(one.at)}</span>
            <span className="w-24 shrink-0 font-medium">{one.status}</span>
            <span className="min-w-0 break-words">{one.detail}</span>
          </li>
        ))}
      </ol>
    </Read>
  );
}
