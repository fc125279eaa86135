// One user: what they may do, how much room they have, their mailboxes, and what an admin can do for them.
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '@/api/session';
import { Button } from '@/ui/Button';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { ProgressBar } from '@/ui/ProgressBar';
import { type Person, size, useAdmin, useChange, useReach, when } from './model';
import { Read, Section } from './parts';
import { Secret } from './Secret';
import { UserForm } from './UserForm';
import { UserMailboxes } from './UserMailboxes';
import { UserPhone } from './UserPhone';

export default function Page() {
  const { id } = useParams({ from: '/signed-in/admin/users/$id' });
  const query = useAdmin<Person>(`users/${id}`);
  const { admin } = useReach();
  const person = query.data;
  return (
    <>
      <Link to="/admin/users" className="mb-4 inline-flex items-center gap-1 text-ink-muted hover:text-ink">
        <ArrowLeft size={16} aria-hidden="true" /> Users
      </Link>
      <Read query={query}>
        {person ? (
          <>
            <Section title={person.email} hint={`${person.name || 'No name'} · since ${when(person.created_at)}`}>
              {person.quota_bytes === null ? (
                <p>{size(person.used_bytes)} used, without a limit.</p>
              ) : (
                <ProgressBar
                  label="Room used"
                  value={person.used_bytes}
                  of={person.quota_bytes}
                  text={`${size(person.used_bytes)} of ${size(person.quota_bytes)}`}
                />
              )}
            </Section>
            {admin && person.role !== 'guest' && person.role !== 'agent' ? (
              <UserForm key={person.id} person={person} />
            ) : null}
            {admin && person.role !== 'agent' ? <UserPhone user={person.id} /> : null}
            {person.role !== 'guest' ? <UserMailboxes user={person.id} /> : null}
            {admin ? <Actions person={person} /> : null}
          </>
        ) : null}
      </Read>
    </>
  );
}

function Actions({ person }: { person: Person }) {
  const { user } = useSession();
  const [secret, setSecret] = useState<string | null>(null);
  const [removing, setRemoving] = useState(false);
  const [asked, setAsked] = useState<'password' | 'second' | null>(null);
  const [typed, setTyped] = useState('');
  const navigate = useNavigate();
  const change = useChange();
  const password = useChange<{ password: string }>((answer) => setSecret(answer.password));
  const removal = useChange(() => void navigate({ to: '/admin/users' }));
  const path = `users/${person.id}`;
  const myself = person.id === user.id;
  return (
    <Section title="Help and access">
      <div className="flex flex-wrap gap-2">
        {person.role !== 'guest' && person.role !== 'agent' ? (
          <>
            <Button onClick={() => setAsked('password')}>New password</Button>
            <Button onClick={() => setAsked('second')}>Remove second factor</Button>
          </>
        ) : null}
        <Button
          onClick={() => change.mutate({ method: 'post', path: `${path}/sign-out`, done: 'Signed out everywhere.' })}
        >
          Sign out everywhere
        </Button>
        {myself ? null : (
          <>
            <Button
              onClick={() =>
                change.mutate({
                  method: 'patch',
                  path,
                  body: { status: person.status === 'blocked' ? 'active' : 'blocked' },
                  done: person.status === 'blocked' ? 'Unblocked.' : 'Blocked: no sign-in, no work, no charge.',
                })
              }
            >
              {person.status === 'blocked' ? 'Unblock' : 'Block'}
            </Button>
            <Button look="danger" onClick={() => setRemoving(true)}>
              Remove with all mail
            </Button>
          </>
        )}
      </div>
      <ConfirmDialog
        open={asked === 'password'}
        onClose={() => setAsked(null)}
        onConfirm={() => {
          setAsked(null);
          password.mutate({ method: 'post', path: `${path}/password` });
        }}
        title="Make a new password?"
        description="The old one stops working at once, and every session ends."
        action="Make password"
      />
      <ConfirmDialog
        open={asked === 'second'}
        onClose={() => setAsked(null)}
        onConfirm={() => {
          setAsked(null);
          change.mutate({ method: 'post', path: `${path}/totp/remove`, done: 'The second factor was removed.' });
        }}
        title="Remove the second factor?"
        description="For somebody who lost the authenticator and the recovery codes. Make sure that it is them who asks."
        action="Remove"
        dangerous
      />
      <Dialog
        open={secret !== null}
        onClose={() => setSecret(null)}
        title={`New password of ${person.email}`}
        description="It is shown this once."
        footer={
          <Button look="primary" onClick={() => setSecret(null)}>
            Done
          </Button>
        }
      >
        <Secret label="Password" value={secret ?? ''} />
      </Dialog>
      <Dialog
        open={removing}
        onClose={() => setRemoving(false)}
        title={`Remove ${person.email}?`}
        description="The account and all its mail are deleted. This cannot be undone."
        footer={
          <>
            <Button onClick={() => setRemoving(false)}>Cancel</Button>
            <Button
              look="danger"
              disabled={typed.trim() !== person.email}
              busy={removal.isPending}
              onClick={() =>
                removal.mutate({
                  method: 'delete',
                  path: `${path}?confirm=${encodeURIComponent(person.email)}`,
                  done: `${person.email} is being removed.`,
                })
              }
            >
              Remove for good
            </Button>
          </>
        }
      >
        <TextField
          label={`Type ${person.email} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoComplete="off"
        />
      </Dialog>
    </Section>
  );
}
