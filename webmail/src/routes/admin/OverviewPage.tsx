// The administration's first page: is everything well, who works, and what waits.
import { StopSwitch } from '@/account/agents/StopSwitch';
import { Badge } from '@/ui/Badge';
import { Table } from '@/ui/Table';
import { type Status, useAdmin, when } from './model';
import { Figure, Mark, Read, Section } from './parts';

const EVERY_MS = 15_000;

export default function Page() {
  const query = useAdmin<Status>('status', {}, EVERY_MS);
  const status = query.data;
  return (
    <Read query={query}>
      {status ? (
        <>
          <Section title="Now">
            <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
              <Figure label="workers online" value={status.workers.filter((one) => one.online).length} />
              <Figure label="tasks running" value={status.workers.reduce((sum, one) => sum + one.tasks_running, 0)} />
              <Figure label="mails waiting to leave" value={status.outbox.queued + status.outbox.sending} />
              <Figure label="mails that failed" value={status.outbox.failed} warn={status.outbox.failed > 0} />
            </div>
          </Section>
          <Section title="Checks">
            <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
              {status.checks.map((check) => (
                <li key={check.name} className="flex items-start gap-3 px-4 py-3">
                  <Mark status={check.status} />
                  <span className="w-28 shrink-0 font-medium">{check.name}</span>
                  <span className="min-w-0 break-words text-ink-muted">{check.because}</span>
                </li>
              ))}
            </ul>
          </Section>
          <div className="mb-8">
            <StopSwitch scopes={['tenant', 'installation']} />
          </div>
          {status.workers.length > 0 ? (
            <Section title="Workers" hint="Every process that works on tasks and mail, by its heartbeat.">
              <Table
                caption="Workers"
                rows={status.workers}
                rowKey={(one) => one.name}
                columns={[
                  {
                    id: 'name',
                    header: 'Worker',
                    cell: (one) => (
                      <>
                        <span className="font-medium">{one.name}</span>
                        <span className="block text-xs text-ink-muted">{one.host}</span>
                      </>
                    ),
                  },
                  {
                    id: 'state',
                    header: 'State',
                    cell: (one) => (
                      <Badge tone={one.online ? 'success' : 'danger'}>{one.online ? 'online' : 'gone'}</Badge>
                    ),
                  },
                  { id: 'roles', header: 'Roles', cell: (one) => one.roles.join(', ') },
                  { id: 'tasks', header: 'Tasks', align: 'right', cell: (one) => one.tasks_running },
                  { id: 'seen', header: 'Heartbeat', cell: (one) => when(one.heartbeat_at) },
                ]}
              />
            </Section>
          ) : null}
          <Section title="Consumers" hint="Who follows the event log, and how far behind.">
            <Table
              caption="Consumer groups"
              rows={status.groups}
              rowKey={(one) => `${one.stream}/${one.group}`}
              empty="No group has begun yet."
              columns={[
                { id: 'group', header: 'Group', cell: (one) => `${one.stream} / ${one.group}` },
                { id: 'waiting', header: 'Waiting', align: 'right', cell: (one) => one.waiting },
                {
                  id: 'oldest',
                  header: 'Oldest',
                  align: 'right',
                  cell: (one) => (one.oldest_seconds === null ? '' : `${Math.round(one.oldest_seconds)} s`),
                },
              ]}
            />
          </Section>
          {status.index ? (
            <Section title="Search index">
              <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
                <Figure label="changes behind" value={status.index.behind} />
                <Figure label="messages not wholly indexed" value={status.index.missing} />
              </div>
            </Section>
          ) : null}
        </>
      ) : null}
    </Read>
  );
}
