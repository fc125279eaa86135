// Tenants: who shares the server without ever meeting. For operators.
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type Tenant, useAdmin, useChange, when } from './model';
import { Read, Section } from './parts';

export default function Page() {
  const query = useAdmin<{ tenants: Tenant[] }>('tenants');
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<Tenant | null>(null);
  return (
    <Section
      title="Tenants"
      hint="Each has its own domains, people and mail, and sees nothing of the others."
      actions={
        <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
          Add tenant
        </Button>
      }
    >
      <Read query={query}>
        <Table
          caption="Tenants"
          rows={query.data?.tenants ?? []}
          rowKey={(one) => one.id}
          columns={[
            { id: 'name', header: 'Name', cell: (one) => <span className="font-medium">{one.name}</span> },
            { id: 'domains', header: 'Domains', align: 'right', cell: (one) => one.domains },
            { id: 'users', header: 'Users', align: 'right', cell: (one) => one.users },
            { id: 'since', header: 'Since', className: 'whitespace-nowrap', cell: (one) => when(one.created_at) },
            // Figures and logs name tenants by it.
            { id: 'id', header: 'Id', cell: (one) => <code className="text-xs whitespace-nowrap">{one.id}</code> },
            {
              id: 'do',
              header: <span className="sr-only">Actions</span>,
              align: 'right',
              cell: (one) => (
                <Button size="small" look="quiet" onClick={() => setRenaming(one)}>
                  Rename
                </Button>
              ),
            },
          ]}
        />
      </Read>
      {adding ? <NameDialog onClose={() => setAdding(false)} /> : null}
      {renaming ? <NameDialog tenant={renaming} onClose={() => setRenaming(null)} /> : null}
    </Section>
  );
}

function NameDialog({ tenant, onClose }: { tenant?: Tenant; onClose: () => void }) {
  const [name, setName] = useState(tenant?.name ?? '');
  const change = useChange(onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      tenant
        ? { method: 'patch', path: `tenants/${tenant.id}`, body: { name }, done: `The tenant is called ${name} now.` }
        : { method: 'post', path: 'tenants', body: { name }, done: `Tenant ${name} was made.` },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={tenant ? `Rename ${tenant.name}` : 'Add a tenant'}
      width="narrow"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="tenant" busy={change.isPending} disabled={!name.trim()}>
            {tenant ? 'Rename' : 'Add'}
          </Button>
        </>
      }
    >
      <form id="tenant" onSubmit={submit}>
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={100}
          required
        />
      </form>
    </Dialog>
  );
}
