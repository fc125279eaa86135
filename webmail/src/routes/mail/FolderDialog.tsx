// Making, renaming, moving, hiding, emptying and deleting folders.
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { call, insist } from '@/api/jmap/client';
import type { Id } from '@/api/jmap/types';
import { changeAll } from '@/mail/bulk';
import { countsChanged } from '@/mail/changes';
import { listFor } from '@/mail/lists';
import { useMailboxesOf } from '@/mail/mailboxes';
import { nameOf, type Place, pathOf, within } from '@/mail/tree';
import { Button } from '@/ui/Button';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';

export type FolderWish =
  | { kind: 'create'; accountId: Id; parentId: Id | null }
  | { kind: 'rename'; place: Place }
  | { kind: 'delete'; place: Place }
  | { kind: 'empty'; place: Place }
  | { kind: 'read' | 'subscribe'; place: Place };

export function FolderDialog({ wish, onClose }: { wish: FolderWish; onClose: () => void }) {
  switch (wish.kind) {
    case 'create':
      return <Naming accountId={wish.accountId} place={null} parentId={wish.parentId} onClose={onClose} />;
    case 'rename':
      return (
        <Naming accountId={wish.place.accountId} place={wish.place} parentId={wish.place.parentId} onClose={onClose} />
      );
    case 'delete':
      return <Deleting place={wish.place} onClose={onClose} />;
    case 'empty':
      return <Emptying place={wish.place} onClose={onClose} />;
    case 'read':
    case 'subscribe':
      return <AtOnce wish={wish} onClose={onClose} />;
  }
}

interface NamingProps {
  accountId: Id;
  place: Place | null;
  parentId: Id | null;
  onClose: () => void;
}

function Naming({ accountId, place, parentId: first, onClose }: NamingProps) {
  const mailboxes = useMailboxesOf(accountId);
  const [name, setName] = useState(place?.name ?? '');
  const [parentId, setParentId] = useState(first ?? '');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const inside = place ? within(place.id, mailboxes) : new Set<Id>();
  const parents = mailboxes.filter((one) => !inside.has(one.id) && (one.myRights.mayCreateChild || one.id === first));
  const save = async () => {
    if (!name.trim()) {
      setError('A folder needs a name.');
      return;
    }
    setBusy(true);
    try {
      const values = { name: name.trim(), parentId: parentId || null };
      const wish = place ? { update: { [place.id]: values } } : { create: { made: { ...values, isSubscribed: true } } };
      insist(await call('Mailbox/set', { accountId, ...wish }));
      countsChanged(accountId);
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={place ? `Folder ${place.name}` : 'New folder'}
      width="narrow"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void save()}>
            {place ? 'Save' : 'Make folder'}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          label="Name"
          value={name}
          error={error}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <Select
          label="Inside"
          value={parentId}
          onChange={setParentId}
          options={[
            { value: '', label: 'Top level' },
            ...parents.map((one) => ({ value: one.id, label: pathOf(one, mailboxes) })),
          ]}
        />
      </form>
    </Dialog>
  );
}

function Deleting({ place, onClose }: { place: Place; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();
  const { mailbox: shown } = useParams({ strict: false });
  const remove = async () => {
    setBusy(true);
    try {
      insist(
        await call('Mailbox/set', { accountId: place.accountId, destroy: [place.id], onDestroyRemoveEmails: true }),
      );
      countsChanged(place.accountId);
      toast({ text: `Folder ${place.name} deleted.` });
      if (shown === place.id) void navigate({ to: '/mail/$mailbox', params: { mailbox: 'inbox' } });
    } catch (failure) {
      toastError(failure);
    }
    onClose();
  };
  const count = place.totalEmails;
  return (
    <ConfirmDialog
      open
      dangerous
      busy={busy}
      onClose={onClose}
      onConfirm={() => void remove()}
      title={`Delete folder ${place.name}?`}
      description={
        count === 0
          ? 'It is empty.'
          : `The ${count === 1 ? 'message' : `${count.toLocaleString()} messages`} in it will be deleted for good. Move what is to stay first.`
      }
      action="Delete folder"
    />
  );
}

function Emptying({ place, onClose }: { place: Place; onClose: () => void }) {
  return (
    <ConfirmDialog
      open
      dangerous
      onClose={onClose}
      onConfirm={() => {
        onClose();
        void changeAll(listOf(place), { destroy: true, verb: 'Deleting', done: 'deleted' });
      }}
      title={`Empty ${nameOf(place)}?`}
      description={`All ${place.totalEmails.toLocaleString()} messages in it will be deleted for good.`}
      action={`Empty ${nameOf(place)}`}
    />
  );
}

/** What needs no question is done as soon as it is wished for. */
function AtOnce({ wish, onClose }: { wish: { kind: 'read' | 'subscribe'; place: Place }; onClose: () => void }) {
  const done = useRef(false);
  useEffect(() => {
    if (done.current) return;
    done.current = true;
    const { kind, place } = wish;
    if (kind === 'read') {
      const unread = { operator: 'AND' as const, conditions: [{ inMailbox: place.id }, { notKeyword: '$seen' }] };
      const list = listFor({ accountId: place.accountId, mailboxId: place.id, filter: unread });
      void changeAll(list, { patch: { keywords: { $seen: true } }, verb: 'Marking', done: 'marked as read' });
    } else {
      const update = { [place.id]: { isSubscribed: !place.isSubscribed } };
      call('Mailbox/set', { accountId: place.accountId, update })
        .then(insist)
        .then(() => countsChanged(place.accountId), toastError);
    }
    onClose();
  }, [wish, onClose]);
  return null;
}

function listOf(place: Place) {
  return listFor({ accountId: place.accountId, mailboxId: place.id, filter: { inMailbox: place.id } });
}
