// Settings "Security": password, second factor, and where one is signed in.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { ApiError, api } from '@/api/rest';
import { signOut, useSession } from '@/api/session';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { browserName } from '../browsers';
import { formatAgo, formatDay } from '../format';
import { useTimeZone } from '../preferences';
import { SecondFactor } from './SecondFactor';

export function Security() {
  const { user } = useSession();
  return (
    <div className="flex flex-col gap-4">
      {user.has_mailbox ? (
        <>
          <Password />
          <SecondFactor />
        </>
      ) : null}
      <SignIns />
    </div>
  );
}

const SHORTEST = 10; // characters; the server says when it wants more

function Password() {
  const { user } = useSession();
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [code, setCode] = useState<string | null>(null);
  const factor = useQuery({
    queryKey: ['account', 'totp'],
    queryFn: () => api.get<{ has_password: boolean }>('/api/account/totp'),
  });
  const first = factor.data?.has_password === false; // invited by a link
  const change = useMutation({
    mutationFn: () =>
      api.post('/api/account/password', { current, new: next, ...(code ? { code: code.replace(/\s+/g, '') } : {}) }),
    onSuccess: () => {
      toast({ text: 'The password is changed. Other devices are signed out.' });
      void factor.refetch();
      setCurrent('');
      setNext('');
      setCode(null);
      return client.invalidateQueries({ queryKey: ['account', 'sessions'] });
    },
    onError: (failure) => {
      if (failure instanceof ApiError && failure.code === 'second_factor_required') setCode('');
    },
  });
  const asksCode = change.error instanceof ApiError && change.error.code === 'second_factor_required';
  const wrong = change.error instanceof ApiError && change.error.status === 401 && !asksCode;
  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate();
  }
  return (
    <Panel title="Password" description="Changing it signs you out everywhere else. App passwords stay.">
      <form onSubmit={submit} className="flex max-w-sm flex-col gap-4">
        {/* Password managers keep the new one under this name. */}
        <input type="text" autoComplete="username" value={user.email} readOnly hidden />
        {first ? (
          <p className="text-ink-muted">You have no password yet: a link let you in. Set one here.</p>
        ) : (
          <TextField
            label="Current password"
            type="password"
            autoComplete="current-password"
            required
            value={current}
            error={
              wrong
                ? code === null
                  ? 'This is not your password.'
                  : 'The password or the code is not right.'
                : undefined
            }
            onChange={(event) => setCurrent(event.target.value)}
          />
        )}
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          required
          minLength={SHORTEST}
          hint={`At least ${SHORTEST} characters. Length protects better than odd signs.`}
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        {code === null ? null : (
          <TextField
            label="Code of your second factor"
            autoComplete="one-time-code"
            inputMode="numeric"
            required
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        {change.isError && !wrong && !asksCode ? (
          <p role="alert" className="text-danger">
            {change.error.message}
          </p>
        ) : null}
        <div>
          <Button type="submit" look="primary" busy={change.isPending}>
            {first ? 'Set password' : 'Change password'}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

interface SignIn {
  id: string;
  current: boolean;
  authenticated_by: string;
  client: string;
  agent: string;
  created_at: string;
  seen_at: string;
  expires_at: string;
}

function SignIns() {
  const timeZone = useTimeZone();
  const client = useQueryClient();
  const [everywhere, setEverywhere] = useState(false);
  const signIns = useQuery({
    queryKey: ['account', 'sessions'],
    queryFn: () => api.get<{ sessions: SignIn[] }>('/api/account/sessions').then(({ sessions }) => sessions),
  });
  const end = useMutation({
    mutationFn: (one: SignIn) => api.delete(`/api/account/sessions/${encodeURIComponent(one.id)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['account', 'sessions'] }),
    onError: (failure) => toastError(failure),
  });
  const endAll = useMutation({
    mutationFn: () => api.delete('/api/account/sessions'),
    onSuccess: () => signOut(),
    onError: (failure) => toastError(failure),
  });
  return (
    <Panel
      title="Where you are signed in"
      actions={
        <Button look="danger" onClick={() => setEverywhere(true)}>
          Sign out everywhere
        </Button>
      }
    >
      <Loaded of={signIns} what="sign-ins">
        {(found) => (
          <ul className="divide-y divide-line">
            {found.map((one) => (
              <li key={one.id} className="flex flex-wrap items-center gap-4 py-3">
                <div className="min-w-48 flex-1">
                  <p className="flex flex-wrap items-center gap-2 font-medium">
                    {browserName(one.agent)}
                    {one.current ? <Badge tone="accent">This device</Badge> : null}
                  </p>
                  <p className="text-ink-muted">
                    {one.client} · by {one.authenticated_by === 'link' ? 'a mailed link' : 'password'} on{' '}
                    {formatDay(one.created_at, timeZone)} · used {formatAgo(one.seen_at)}
                  </p>
                </div>
                {one.current ? null : (
                  <Button
                    size="small"
                    disabled={end.isPending}
                    onClick={() => end.mutate(one)}
                    aria-label={`Sign out ${browserName(one.agent)}, ${one.client}`}
                  >
                    Sign out
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <ConfirmDialog
        open={everywhere}
        onClose={() => setEverywhere(false)}
        title="Sign out everywhere?"
        description="This device too. Mail programs that use an app password go on."
        action="Sign out everywhere"
        dangerous
        busy={endAll.isPending}
        onConfirm={() => endAll.mutate()}
      />
    </Panel>
  );
}
