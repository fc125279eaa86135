// Domains: what mail we are responsible for.
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type Domain, type Tenant, useAdmin, useChange, useReach } from './model';
import { Read, Section } from './parts';

export default function Page() {
  const { operator } = useReach();
  const query = useAdmin<{ domains: Domain[] }>('domains');
  const [adding, setAdding] = useState(false);
  return (
    <Section
      title="Domains"
      hint="Open one for its DNS records, retention and journaling."
      actions={
        operator ? (
          <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
            Add domain
          </Button>
        ) : null
      }
    >
      <Read query={query}>
        <Table
          caption="Domains"
          rows={query.data?.domains ?? []}
          rowKey={(one) => one.name}
          empty="There is no domain yet."
          columns={[
            {
              id: 'name',
              header: 'Domain',
              cell: (one) => (
                <Link
                  to="/admin/domains/$name"
                  params={{ name: one.name }}
                  className="font-medium text-accent underline underline-offset-2"
                >
                  {one.name}
                </Link>
              ),
            },
            ...(operator ? [{ id: 'tenant', header: 'Tenant', cell: (one: Domain) => one.tenant }] : []),
            { id: 'addresses', header: 'Addresses', align: 'right', cell: (one) => one.addresses },
            {
              id: 'kept',
              header: 'Mail is kept',
              cell: (one) => (one.retain_days === null ? 'for good' : `${one.retain_days} days`),
            },
            {
              id: 'journal',
              header: 'Journaling',
              cell: (one) => (one.journal_address ? <Badge tone="accent">{one.journal_address}</Badge> : 'off'),
            },
          ]}
        />
      </Read>
      {adding ? <AddDialog onClose={() => setAdding(false)} /> : null}
    </Section>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const tenants = useAdmin<{ tenants: Tenant[] }>('tenants').data?.tenants ?? [];
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState('');
  const change = useChange(onClose);
  const chosen = tenant || tenants[0]?.name || '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      method: 'post',
      path: 'domains',
      body: { name: name.trim(), tenant: chosen },
      done: `${name.trim()} was added. Its DNS records are on its page.`,
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a domain"
      description="Mail for it is taken as soon as it is here; other servers find us when its DNS records are set."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="domain" busy={change.isPending} disabled={!name.trim()}>
            Add
          </Button>
        </>
      }
    >
      <form id="domain" onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          placeholder="example.org"
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <Select
          label="Tenant"
          value={chosen}
          onChange={setTenant}
          options={tenants.map((one) => ({ value: one.name, label: one.name }))}
        />
      </form>
    </Dialog>
  );
}
