// Name, role and quota of one user.
import { type FormEvent, useState } from 'react';
import { useSession } from '@/api/session';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Switch } from '@/ui/Switch';
import { bytesOf, type Person, size, useChange, useReach } from './model';
import { Section } from './parts';
import { ROLES } from './UsersPage';

export function UserForm({ person }: { person: Person }) {
  const { operator: mayAppoint } = useReach();
  const { user } = useSession();
  const myself = person.id === user.id;
  const [name, setName] = useState(person.name);
  const [role, setRole] = useState(person.role);
  const [operator, setOperator] = useState(person.operator);
  const [quota, setQuota] = useState(person.quota_bytes === null ? 'none' : size(person.quota_bytes));
  const bytes = bytesOf(quota);
  const change = useChange();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: Record<string, unknown> = {};
    if (name.trim() !== person.name) body.name = name.trim();
    if (role !== person.role) body.role = role;
    if (bytes !== undefined && bytes !== person.quota_bytes) body.quota_bytes = bytes;
    if (operator !== person.operator) body.operator = operator;
    if (Object.keys(body).length > 0) {
      change.mutate({ method: 'patch', path: `users/${person.id}`, body, done: `${person.email} was changed.` });
    }
  };
  return (
    <Section title="Account">
      <form onSubmit={submit} className="flex max-w-xl flex-col gap-4">
        <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} />
        <Select
          label="Role"
          hint="Support sees accounts, queues, traces and audit, never mail; admins look after their tenant."
          value={role}
          onChange={setRole}
          options={ROLES}
          disabled={myself}
        />
        <TextField
          label="Quota"
          hint="10 GiB, 500 MiB, or none"
          value={quota}
          onChange={(event) => setQuota(event.target.value)}
          error={bytes === undefined ? 'A size like 10 GiB.' : undefined}
        />
        {mayAppoint && role === 'admin' ? (
          <Switch
            label="Operator"
            hint="Looks after the whole installation: every tenant, its domains and people."
            checked={operator}
            onChange={setOperator}
            disabled={myself}
          />
        ) : null}
        <div>
          <Button look="primary" type="submit" busy={change.isPending} disabled={bytes === undefined}>
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}
