// A new user: with a password to hand over, or a link that opens the first session.
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { bytesOf, type Domain, useAdmin, useChange } from './model';
import { Secret } from './Secret';
import { ROLES } from './UsersPage';

interface Made {
  user: { email: string };
  password?: string | null;
  link?: string | null;
}

export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const domains = useAdmin<{ domains: Domain[] }>('domains').data?.domains ?? [];
  const [name, setName] = useState('');
  const [local, setLocal] = useState('');
  const [domain, setDomain] = useState('');
  const [role, setRole] = useState<string>('user');
  const [quota, setQuota] = useState('10 GiB');
  const [way, setWay] = useState<'password' | 'invite'>('password');
  const [made, setMade] = useState<Made | null>(null);
  const change = useChange<Made>(setMade);
  const bytes = bytesOf(quota);
  const chosen = domain || domains[0]?.name || '';
  if (made) {
    return (
      <Dialog
        open
        onClose={onClose}
        title={`${made.user.email} was added`}
        footer={
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        {made.password ? <Secret label="Password" value={made.password} /> : null}
        {made.link ? <Secret label="Link for the first sign-in" value={made.link} /> : null}
        <p className="mt-2 text-ink-muted">Hand it over now: it is shown this once.</p>
      </Dialog>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      method: 'post',
      path: 'users',
      body: {
        email: `${local.trim()}@${chosen}`,
        name: name.trim(),
        role,
        quota_bytes: bytes ?? null,
        ...(way === 'invite' ? { invite: true } : {}),
      },
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a user"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="user"
            busy={change.isPending}
            disabled={!local.trim() || !chosen || bytes === undefined}
          >
            Add user
          </Button>
        </>
      }
    >
      <form id="user" onSubmit={submit} className="flex flex-col gap-4">
        <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} autoComplete="off" />
        <div className="flex items-end gap-2">
          <TextField
            label="Address"
            className="flex-1"
            value={local}
            onChange={(event) => setLocal(event.target.value)}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            required
          />
          <Select
            label="Domain"
            value={chosen}
            onChange={setDomain}
            options={domains.map((one) => ({ value: one.name, label: `@${one.name}` }))}
          />
        </div>
        <div className="flex gap-4">
          <Select label="Role" value={role} onChange={setRole} options={ROLES} />
          <TextField
            label="Quota"
            hint="10 GiB, 500 MiB, or none"
            value={quota}
            onChange={(event) => setQuota(event.target.value)}
            error={bytes === undefined ? 'A size like 10 GiB.' : undefined}
          />
        </div>
        <Select
          label="First sign-in"
          value={way}
          onChange={setWay}
          options={[
            { value: 'password', label: 'with a password that is made now' },
            { value: 'invite', label: 'with a link to hand over' },
          ]}
        />
      </form>
    </Dialog>
  );
}
