// Accounts elsewhere: how it really stands with each, connecting Gmail or an IMAP account, looking now, pausing and disconnecting.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { AtSign, MoreHorizontal, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { ApiError, api } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';
import { EmptyState } from '@/ui/EmptyState';
import { Select, TextField } from '@/ui/Field';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem, MenuSeparator } from '@/ui/Menu';
import { toast, toastError } from '@/ui/Toast';
import { formatAgo } from '../format';
import { ASSISTANT, type Connection, connectionsQuery } from './api';
import { CONNECTION_KINDS, stateOf } from './words';

export function Connections() {
  const accounts = useQuery(connectionsQuery);
  const { gmail: hasGmail = false, imap: hasImap = false, connections: known = [], most = 0 } = accounts.data ?? {};
  const [adding, setAdding] = useState(false);
  const gmail = useConnectGmail();
  return (
    <Panel
      title="Accounts elsewhere"
      description="A Gmail or IMAP account it looks after as well. Labels and drafts are made over there."
      actions={
        <Menu
          align="end"
          trigger={
            <Button
              icon={<Plus aria-hidden="true" />}
              busy={gmail.isPending}
              disabled={!(hasGmail || hasImap) || known.length >= most}
            >
              Connect an account
            </Button>
          }
        >
          <MenuItem
            disabled={!hasGmail}
            {...(hasGmail ? {} : { hint: 'not set up on this server' })}
            onSelect={() => gmail.mutate()}
          >
            Gmail
          </MenuItem>
          <MenuItem disabled={!hasImap} onSelect={() => setAdding(true)}>
            Another account (IMAP)
          </MenuItem>
        </Menu>
      }
    >
      <Loaded of={accounts} what="accounts">
        {({ connections }) =>
          connections.length === 0 ? (
            <EmptyState icon={<AtSign aria-hidden="true" />} title="No account is connected." />
          ) : (
            <ul className="divide-y divide-line">
              {connections.map((one) => (
                <OneConnection key={one.id} connection={one} onSignIn={() => gmail.mutate()} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding ? <ImapDialog onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}

function useConnectGmail() {
  return useMutation({
    mutationFn: () => api.post<{ url: string }>('/api/connections/gmail'),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (failure) => toastError(failure),
  });
}

function OneConnection({ connection, onSignIn }: { connection: Connection; onSignIn: () => void }) {
  const client = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const { label, tone } = stateOf(connection);
  const path = `/api/connections/${encodeURIComponent(connection.id)}`;
  const options = {
    onError: (failure: Error) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }),
  };
  const look = useMutation({
    mutationFn: () => api.post(`${path}/look`),
    onSuccess: () => toast({ text: 'It is being looked at.' }),
    ...options,
  });
  const pause = useMutation({
    mutationFn: (enabled: boolean) => api.patch(path, { enabled }),
    onSuccess: (_answer, enabled) => toast({ text: enabled ? 'It is looked after again.' : 'Paused.' }),
    ...options,
  });
  const leave = useMutation({
    mutationFn: () => api.delete(path),
    onSuccess: () => toast({ text: `${connection.address} is not connected any more.` }),
    ...options,
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 font-medium break-all">
          {connection.address} <Badge tone={tone}>{label}</Badge>
        </p>
        <p className="text-xs break-words text-ink-muted">
          {CONNECTION_KINDS[connection.kind]}
          {connection.because ? ` · ${connection.because}` : ''}
          {connection.looked_at ? ` · looked at ${formatAgo(connection.looked_at)}` : ''}
        </p>
      </div>
      {connection.state === 'revoked' && connection.kind === 'gmail' ? (
        <Button size="small" look="primary" onClick={onSignIn}>
          Sign in again
        </Button>
      ) : null}
      <Menu
        align="end"
        trigger={
          <IconButton
            label={`More for ${connection.address}`}
            icon={<MoreHorizontal aria-hidden="true" />}
            size="small"
          />
        }
      >
        <MenuItem disabled={!connection.enabled} onSelect={() => look.mutate()}>
          Look now
        </MenuItem>
        <MenuItem onSelect={() => pause.mutate(!connection.enabled)}>{connection.enabled ? 'Pause' : 'Go on'}</MenuItem>
        <MenuSeparator />
        <MenuItem danger onSelect={() => setLeaving(true)}>
          Disconnect
        </MenuItem>
      </Menu>
      <ConfirmDialog
        open={leaving}
        onClose={() => setLeaving(false)}
        onConfirm={() => leave.mutate()}
        busy={leave.isPending}
        dangerous
        title={`Disconnect ${connection.address}?`}
        description="Our access is given back, and what the assistant noted about its mail is forgotten here. Mail, labels and drafts over there stay."
        action="Disconnect"
      />
    </li>
  );
}

const TLS = [
  { value: 'tls', label: 'TLS (usually port 993)' },
  { value: 'starttls', label: 'STARTTLS (usually port 143)' },
] as const;

function ImapDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [address, setAddress] = useState('');
  const [host, setHost] = useState('');
  const [tls, setTls] = useState<'tls' | 'starttls'>('tls');
  const [port, setPort] = useState('993');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const add = useMutation({
    mutationFn: () =>
      api.post<Connection>('/api/connections/imap', {
        address: address.trim(),
        host: host.trim(),
        port: Number(port),
        tls,
        user: user.trim() || address.trim(),
        password,
      }),
    onSuccess: ({ address: connected }) => {
      toast({ text: `${connected} is connected.` });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  const ready = address.includes('@') && host.trim() !== '' && Number(port) > 0 && password !== '';
  return (
    <Dialog
      open
      onClose={onClose}
      title="Connect an IMAP account"
      description="We sign in once to see that it works. The password is kept sealed; an app password of that service is the better one."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="imap" busy={add.isPending} disabled={!ready}>
            Connect
          </Button>
        </>
      }
    >
      <form id="imap" onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Address"
          type="email"
          autoComplete="off"
          maxLength={320}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
        <TextField
          label="IMAP server"
          placeholder="imap.example.org"
          autoComplete="off"
          spellCheck={false}
          maxLength={253}
          value={host}
          onChange={(event) => setHost(event.target.value)}
        />
        <div className="flex flex-wrap gap-4">
          <Select
            className="min-w-48 flex-1"
            label="Security"
            value={tls}
            onChange={(value) => {
              setTls(value);
              setPort(value === 'tls' ? '993' : '143');
            }}
            options={TLS}
          />
          <TextField
            className="w-24"
            label="Port"
            inputMode="numeric"
            maxLength={5}
            value={port}
            onChange={(event) => setPort(event.target.value.replace(/\D/g, ''))}
          />
        </div>
        <TextField
          label="User name"
          hint="When it is not the address."
          autoComplete="off"
          spellCheck={false}
          maxLength={320}
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="off"
          maxLength={1_000}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {add.error ? (
          <p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-danger">
            {add.error instanceof ApiError ? add.error.message : 'It could not be connected.'}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}
