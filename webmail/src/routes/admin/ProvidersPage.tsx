// Single sign-on: who vouches for the people of a tenant, and how each of them does.
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Table } from '@/ui/Table';
import { type IdentityProvider, useAdmin, useChange, useReach } from './model';
import { ProviderDialog } from './ProviderDialog';
import { ProviderServices } from './ProviderServices';
import { Mark, Read, Section } from './parts';

// Without these nobody signs in; the other looks are advice.
const NEEDED = ['discovery', 'keys'];

type Open = { what: 'add' } | { what: 'edit' | 'services' | 'check' | 'remove'; one: IdentityProvider };

export default function Page() {
  const { operator } = useReach();
  const query = useAdmin<{ providers: IdentityProvider[] }>('providers');
  const [open, setOpen] = useState<Open | null>(null);
  const change = useChange();
  const close = () => setOpen(null);
  return (
    <Section
      title="Single sign-on"
      hint="Whose word is taken for who people are. What is switched off opens nothing from then on."
      actions={
        operator ? (
          <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setOpen({ what: 'add' })}>
            Add provider
          </Button>
        ) : null
      }
    >
      <Read query={query}>
        <Table
          caption="Identity providers"
          rows={query.data?.providers ?? []}
          rowKey={(one) => one.id}
          empty="Nobody vouches for anybody yet: people sign in with a password or a mailed link."
          columns={[
            {
              id: 'name',
              header: 'Name',
              cell: (one) => (
                <>
                  <span className="font-medium">{one.name}</span>
                  <span className="block min-w-56 max-w-96 break-all text-ink-muted">{one.issuer}</span>
                </>
              ),
            },
            ...(operator ? [{ id: 'tenant', header: 'Tenant', cell: (one: IdentityProvider) => one.tenant }] : []),
            {
              id: 'state',
              header: 'State',
              cell: (one) => <Badge tone={one.enabled ? 'accent' : 'neutral'}>{one.enabled ? 'on' : 'off'}</Badge>,
            },
            {
              id: 'do',
              header: <span className="sr-only">Actions</span>,
              align: 'right',
              cell: (one) => (
                <div className="flex min-w-44 flex-wrap justify-end gap-1 lg:flex-nowrap">
                  <Button size="small" look="quiet" onClick={() => setOpen({ what: 'edit', one })}>
                    Edit
                  </Button>
                  {operator ? (
                    <Button size="small" look="quiet" onClick={() => setOpen({ what: 'check', one })}>
                      Check
                    </Button>
                  ) : null}
                  <Button size="small" look="quiet" onClick={() => setOpen({ what: 'services', one })}>
                    Services
                  </Button>
                  <Button
                    size="small"
                    look="quiet"
                    onClick={() =>
                      change.mutate({
                        method: 'patch',
                        path: `providers/${one.id}`,
                        body: { enabled: !one.enabled },
                        done: `${one.name} is ${one.enabled ? 'switched off' : 'believed again'}.`,
                      })
                    }
                  >
                    {one.enabled ? 'Switch off' : 'Switch on'}
                  </Button>
                  <Button size="small" look="quiet" onClick={() => setOpen({ what: 'remove', one })}>
                    Remove
                  </Button>
                </div>
              ),
            },
          ]}
        />
      </Read>
      {open?.what === 'add' ? <ProviderDialog onClose={close} /> : null}
      {open?.what === 'edit' ? <ProviderDialog one={open.one} onClose={close} /> : null}
      {open?.what === 'services' ? <ProviderServices one={open.one} onClose={close} /> : null}
      {open?.what === 'check' ? <CheckDialog one={open.one} onClose={close} /> : null}
      {open?.what === 'remove' ? <RemoveDialog one={open.one} onClose={close} /> : null}
    </Section>
  );
}

function RemoveDialog({ one, onClose }: { one: IdentityProvider; onClose: () => void }) {
  const change = useChange(onClose);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${one.name}?`}
      description="Who signed in there is signed out, and it is forgotten who was who. Accounts and mail stay."
      width="narrow"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            busy={change.isPending}
            onClick={() =>
              change.mutate({ method: 'delete', path: `providers/${one.id}`, done: `${one.name} was removed.` })
            }
          >
            Remove
          </Button>
        </>
      }
    />
  );
}

interface Look {
  name: string;
  ok: boolean;
  because: string;
}

function CheckDialog({ one, onClose }: { one: IdentityProvider; onClose: () => void }) {
  const [looks, setLooks] = useState<Look[] | null>(null);
  const ask = useChange<{ looks: Look[] }>((answer) => setLooks(answer.looks));
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Check ${one.name}`}
      description="What the provider must know of us; and what it says of itself and of its keys, when it is asked."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button
            look="primary"
            busy={ask.isPending}
            onClick={() => ask.mutate({ method: 'post', path: `providers/${one.id}/check` })}
          >
            Ask it now
          </Button>
        </>
      }
    >
      <dl className="flex flex-col gap-3">
        <Told label="Redirect URI" value={one.redirect_uri} />
        <Told label="Back-channel logout URI" value={one.backchannel_uri} />
        <Told label="Where to go after sign-out" value={one.after_sign_out} />
        {looks?.map((look) => (
          <div key={look.name} className="flex items-start gap-3">
            <dt className="flex w-28 shrink-0 items-start gap-2 font-medium">
              <Mark status={look.ok ? 'ok' : NEEDED.includes(look.name) ? 'fail' : 'warn'} />
              {look.name}
            </dt>
            <dd className="min-w-0 break-words text-ink-muted">{look.because}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function Told({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt className="text-ink-muted">{label}</dt>
      <dd className="font-mono text-[13px] break-all select-all">{value}</dd>
    </div>
  );
}
