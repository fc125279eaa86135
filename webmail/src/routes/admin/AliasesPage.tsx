// Addresses that lead to somebody, to several people, or elsewhere.
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';
import { TextArea, TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type Alias, useChange, usePages, useReach } from './model';
import { More, Read, Section } from './parts';

export default function Page() {
  const { admin } = useReach();
  const query = usePages<Alias>('aliases', 'aliases', { limit: 100 });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Alias | null>(null);
  const change = useChange(() => setRemoving(null));
  return (
    <Section
      title="Aliases"
      hint="An address that leads to one person, to a group, or to somewhere else."
      actions={
        admin ? (
          <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
            Add alias
          </Button>
        ) : null
      }
    >
      <Read query={query}>
        <Table
          caption="Aliases"
          rows={query.rows}
          rowKey={(one) => one.address}
          empty="There is no alias yet."
          columns={[
            { id: 'address', header: 'Address', cell: (one) => <span className="font-medium">{one.address}</span> },
            { id: 'kind', header: 'Kind', cell: (one) => <Badge>{one.kind}</Badge> },
            { id: 'targets', header: 'Leads to', cell: (one) => one.targets.join(', ') },
            ...(admin
              ? [
                  {
                    id: 'do',
                    header: <span className="sr-only">Actions</span>,
                    align: 'right' as const,
                    cell: (one: Alias) => (
                      <Button
                        size="small"
                        look="quiet"
                        aria-label={`Remove ${one.address}`}
                        onClick={() => setRemoving(one)}
                      >
                        Remove
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
        <More more={query.more} busy={query.isFetchingNextPage} />
      </Read>
      {adding ? <AddDialog onClose={() => setAdding(false)} /> : null}
      <ConfirmDialog
        open={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={() =>
          change.mutate({
            method: 'delete',
            path: `aliases/${encodeURIComponent(removing?.address ?? '')}`,
            done: `${removing?.address} was removed.`,
          })
        }
        title={`Remove ${removing?.address ?? ''}?`}
        description="Mail to it is refused from then on."
        action="Remove alias"
        dangerous
        busy={change.isPending}
      />
    </Section>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const [address, setAddress] = useState('');
  const [targets, setTargets] = useState('');
  const change = useChange(onClose);
  const list = targets.split(/[\s,;]+/).filter(Boolean);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      method: 'post',
      path: 'aliases',
      body: { address: address.trim(), targets: list },
      done: `${address.trim()} was added.`,
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add an alias"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="alias"
            busy={change.isPending}
            disabled={!address.trim() || list.length === 0}
          >
            Add
          </Button>
        </>
      }
    >
      <form id="alias" onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Address"
          type="email"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          required
        />
        <TextArea
          label="Leads to"
          hint="One address for an alias or a forward, several for a group."
          value={targets}
          onChange={(event) => setTargets(event.target.value)}
          required
        />
      </form>
    </Dialog>
  );
}
