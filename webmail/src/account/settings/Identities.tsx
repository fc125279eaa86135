// Settings "Identities": the names, addresses and signatures one writes under.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { call, insist, ownAccount } from '@/api/jmap/client';
import type { Identity } from '@/api/jmap/types';
import { formatAddress, isEmail, parseAddresses } from '@/compose/addresses';
import { identitiesQuery } from '@/compose/mail';
import { Button } from '@/ui/Button';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';
import { TextArea, TextField } from '@/ui/Field';
import { IconButton } from '@/ui/IconButton';
import { toast, toastError } from '@/ui/Toast';

export function Identities() {
  const identities = useQuery(identitiesQuery);
  const [editing, setEditing] = useState<Identity | 'new' | null>(null);
  const [removing, setRemoving] = useState<Identity | null>(null);
  const change = useSetIdentity();
  return (
    <Panel
      title="Identities and signatures"
      description="Each address you send from has a name and a signature."
      actions={
        <Button icon={<Plus aria-hidden="true" />} onClick={() => setEditing('new')}>
          New identity
        </Button>
      }
    >
      <Loaded of={identities} what="identities">
        {(found) => (
          <ul className="divide-y divide-line">
            {found.map((identity) => (
              <li key={identity.id} className="flex items-start gap-4 py-3">
                <div className="min-w-0 flex-1">
                  <p className="font-medium">{identity.name || identity.email}</p>
                  {identity.name ? <p className="truncate text-ink-muted">{identity.email}</p> : null}
                  <p className="mt-1 line-clamp-2 text-xs whitespace-pre-line text-ink-muted">
                    {identity.textSignature || 'No signature'}
                  </p>
                </div>
                <IconButton label={`Change ${identity.email}`} icon={<Pencil />} onClick={() => setEditing(identity)} />
                {identity.mayDelete ? (
                  <IconButton
                    label={`Remove ${identity.email}`}
                    icon={<Trash2 />}
                    onClick={() => setRemoving(identity)}
                  />
                ) : null}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {editing ? <Editing identity={editing === 'new' ? null : editing} onClose={() => setEditing(null)} /> : null}
      <ConfirmDialog
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title="Remove this identity?"
        description={`${removing?.email ?? ''} and its signature are no longer offered when you write.`}
        action="Remove"
        dangerous
        busy={change.isPending}
        onConfirm={() =>
          removing &&
          change.mutate(
            { destroy: [removing.id] },
            { onSuccess: () => setRemoving(null), onError: (failure) => toastError(failure) },
          )
        }
      />
    </Panel>
  );
}

interface Change {
  create?: Record<string, Record<string, unknown>>;
  update?: Record<string, Record<string, unknown>>;
  destroy?: string[];
}

function useSetIdentity() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (change: Change) =>
      insist(await call('Identity/set', { accountId: await ownAccount(), ...change })),
    onSuccess: () => client.invalidateQueries({ queryKey: identitiesQuery.queryKey }),
  });
}

function Editing({ identity, onClose }: { identity: Identity | null; onClose: () => void }) {
  const form = useId();
  const change = useSetIdentity();
  const [name, setName] = useState(identity?.name ?? '');
  const [email, setEmail] = useState(identity?.email ?? '');
  const [signature, setSignature] = useState(identity?.textSignature ?? '');
  const [replyTo, setReplyTo] = useState(list(identity?.replyTo ?? null));
  const [bcc, setBcc] = useState(list(identity?.bcc ?? null));
  const [problem, setProblem] = useState<{ field: 'email' | 'replyTo' | 'bcc'; text: string } | null>(null);
  const error = (field: string) => (problem?.field === field ? problem.text : undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    const addresses = { replyTo: parseAddresses(replyTo), bcc: parseAddresses(bcc) };
    if (!identity && !isEmail(email.trim()))
      return setProblem({ field: 'email', text: 'Give a mail address you may send from.' });
    for (const field of ['replyTo', 'bcc'] as const) {
      const wrong = addresses[field].find((one) => !isEmail(one.email));
      if (wrong) return setProblem({ field, text: `“${wrong.email}” is not a mail address.` });
    }
    setProblem(null);
    // A signature somebody wrote with marks elsewhere stays as long as its words do.
    const sameWords = identity !== null && signature === identity.textSignature;
    const wanted = {
      name: name.trim(),
      replyTo: addresses.replyTo.length > 0 ? addresses.replyTo : null,
      bcc: addresses.bcc.length > 0 ? addresses.bcc : null,
      ...(sameWords ? {} : { textSignature: signature, htmlSignature: '' }),
    };
    change.mutate(
      identity ? { update: { [identity.id]: wanted } } : { create: { it: { ...wanted, email: email.trim() } } },
      {
        onSuccess: () => {
          toast({ text: 'Saved.' });
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={identity ? identity.email : 'New identity'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" busy={change.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        {identity ? null : (
          <TextField
            label="Address"
            type="email"
            hint="One of your own addresses, or of somebody who lets you send as them."
            value={email}
            error={error('email')}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
        <TextField
          label="Name"
          autoComplete="name"
          value={name}
          maxLength={250}
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea label="Signature" rows={5} value={signature} onChange={(event) => setSignature(event.target.value)} />
        <TextField
          label="Replies go to"
          hint="Empty: to the address itself."
          value={replyTo}
          error={error('replyTo')}
          onChange={(event) => setReplyTo(event.target.value)}
        />
        <TextField
          label="Always send a blind copy to"
          value={bcc}
          error={error('bcc')}
          onChange={(event) => setBcc(event.target.value)}
        />
        {change.isError ? (
          <p role="alert" className="text-danger">
            {change.error.message}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

const list = (addresses: Identity['replyTo']) => (addresses ?? []).map(formatAddress).join(', ');
