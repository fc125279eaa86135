// People: found by name or address, added, and opened one by one.
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { AddUserDialog } from './AddUserDialog';
import { type Person, size, usePages, useReach, when } from './model';
import { More, Read, Section } from './parts';

export const ROLES = [
  { value: 'user', label: 'user' },
  { value: 'support', label: 'support' },
  { value: 'admin', label: 'admin' },
] as const;

export default function Page() {
  const { admin, operator } = useReach();
  const [q, setQ] = useState('');
  const [role, setRole] = useState('');
  const [status, setStatus] = useState('');
  const [adding, setAdding] = useState(false);
  const query = usePages<Person>('users', 'users', { q: useDeferredValue(q.trim()), role, status, limit: 50 });
  return (
    <Section
      title="Users"
      actions={
        admin ? (
          <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
            Add user
          </Button>
        ) : null
      }
    >
      <div className="mb-4 flex flex-wrap gap-4">
        <TextField
          label="Search"
          type="search"
          placeholder="Name or address"
          className="min-w-48 flex-1"
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
        <Select
          label="Role"
          value={role}
          onChange={setRole}
          options={[
            { value: '', label: 'any' },
            ...ROLES,
            { value: 'agent', label: 'agent' },
            { value: 'guest', label: 'outside sender' },
          ]}
        />
        <Select
          label="Status"
          value={status}
          onChange={setStatus}
          options={[
            { value: '', label: 'any' },
            { value: 'active', label: 'active' },
            { value: 'blocked', label: 'blocked' },
          ]}
        />
      </div>
      <Read query={query}>
        <Table
          caption="Users"
          rows={query.rows}
          rowKey={(one) => one.id}
          empty="Nobody matches."
          columns={[
            {
              id: 'who',
              header: 'User',
              cell: (one) => (
                <>
                  <Link
                    to="/admin/users/$id"
                    params={{ id: one.id }}
                    className="font-medium text-accent underline underline-offset-2"
                  >
                    {one.email}
                  </Link>
                  <span className="block text-xs text-ink-muted">{one.name}</span>
                </>
              ),
            },
            {
              id: 'role',
              header: 'Role',
              cell: (one) => (
                <span className="flex gap-1">
                  <Badge tone={one.role === 'admin' ? 'accent' : 'neutral'}>{one.role}</Badge>
                  {one.operator ? <Badge tone="accent">operator</Badge> : null}
                  {one.status === 'active' ? null : <Badge tone="danger">{one.status}</Badge>}
                </span>
              ),
            },
            ...(operator ? [{ id: 'tenant', header: 'Tenant', cell: (one: Person) => one.tenant }] : []),
            {
              id: 'used',
              header: 'Used',
              align: 'right',
              className: 'whitespace-nowrap',
              cell: (one) => `${size(one.used_bytes)} of ${size(one.quota_bytes)}`,
            },
            { id: 'since', header: 'Since', cell: (one) => when(one.created_at) },
          ]}
        />
        <More more={query.more} busy={query.isFetchingNextPage} />
      </Read>
      {adding ? <AddUserDialog onClose={() => setAdding(false)} /> : null}
    </Section>
  );
}
