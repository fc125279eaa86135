// The audit log: who did what, from where, when. Filtered, newest first.
import { useDeferredValue, useState } from 'react';
import { TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type AuditEvent, usePages, when } from './model';
import { More, Read, Section } from './parts';

export default function Page() {
  const [actor, setActor] = useState('');
  const [action, setAction] = useState('');
  const [resource, setResource] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const query = usePages<AuditEvent>('audit', 'events', {
    actor: useDeferredValue(actor.trim()),
    action: useDeferredValue(action.trim()),
    resource: useDeferredValue(resource.trim()),
    from: from ? new Date(from).toISOString() : '',
    to: to ? new Date(to).toISOString() : '',
    limit: 100,
  });
  return (
    <Section title="Audit log" hint="Every sign-in, every reading and change of mail, everything an admin does.">
      <div className="mb-4 grid grid-cols-2 gap-4 sm:grid-cols-3">
        <TextField label="Who" placeholder="ada@example.org" value={actor} onChange={(e) => setActor(e.target.value)} />
        <TextField label="Action" placeholder="sign-in" value={action} onChange={(e) => setAction(e.target.value)} />
        <TextField label="What" value={resource} onChange={(e) => setResource(e.target.value)} />
        <TextField label="From" type="datetime-local" value={from} onChange={(e) => setFrom(e.target.value)} />
        <TextField label="Until" type="datetime-local" value={to} onChange={(e) => setTo(e.target.value)} />
      </div>
      <Read query={query}>
        <Table
          caption="Audit events, newest first"
          rows={query.rows}
          rowKey={(one) => String(one.id)}
          empty="Nothing matches."
          columns={[
            { id: 'at', header: 'When', className: 'whitespace-nowrap', cell: (one) => when(one.at) },
            {
              id: 'who',
              header: 'Who',
              cell: (one) => (
                <>
                  {one.actor || 'nobody'}
                  <span className="block text-xs text-ink-muted">{one.address}</span>
                </>
              ),
            },
            { id: 'action', header: 'Action', cell: (one) => <span className="font-medium">{one.action}</span> },
            {
              id: 'resource',
              header: 'What',
              className: 'max-w-sm break-all text-ink-muted',
              cell: (one) => one.resource,
            },
          ]}
        />
        <More more={query.more} busy={query.isFetchingNextPage} />
      </Read>
    </Section>
  );
}
