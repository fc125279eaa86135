// Settings "Mail programs": app passwords, each shown once, and what to type into a mail program.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Copy, KeyRound, Plus } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { api } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Checkbox } from '@/ui/Checkbox';
import { ConfirmDialog, Dialog } from '@/ui/Dialog';
import { EmptyState } from '@/ui/EmptyState';
import { TextField } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { copyText } from '../copy';
import { formatAgo, formatDay } from '../format';
import { useTimeZone } from '../preferences';
import { Connection } from './Connection';

interface AppPassword {
  id: string;
  label: string;
  scopes: string[];
  created_at: string;
  used_at: string | null;
}
interface Listing {
  app_passwords: AppPassword[];
  scopes: Record<string, string>;
}
type Made = AppPassword & { password: string };

const KEY = ['account', 'app-passwords'];
const USUAL = ['imap', 'smtp', 'sieve']; // what a mail program needs

export function AppPasswords() {
  const listing = useQuery({ queryKey: KEY, queryFn: () => api.get<Listing>('/api/account/app-passwords') });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  return (
    <div className="flex flex-col gap-4">
      <Panel
        title="App passwords"
        description="A mail program gets a password of its own, for what it needs. You can take it back without changing yours."
        actions={
          <Button icon={<Plus aria-hidden="true" />} disabled={!listing.data} onClick={() => setAdding(true)}>
            New app password
          </Button>
        }
      >
        <Loaded of={listing} what="app passwords">
          {({ app_passwords: found }) =>
            found.length === 0 ? (
              <EmptyState icon={<KeyRound aria-hidden="true" />} title="No mail program has a password yet." />
            ) : (
              <ul className="divide-y divide-line">
                {found.map((one) => (
                  <One key={one.id} one={one} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Panel>
      <Connection />
      {adding && listing.data ? (
        <Adding
          scopes={listing.data.scopes}
          onClose={() => setAdding(false)}
          onMade={(one) => {
            setAdding(false);
            setMade(one);
          }}
        />
      ) : null}
      {made ? <Shown made={made} onClose={() => setMade(null)} /> : null}
    </div>
  );
}

function One({ one }: { one: AppPassword }) {
  const timeZone = useTimeZone();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => api.delete(`/api/account/app-passwords/${encodeURIComponent(one.id)}`),
    onSuccess: () => {
      toast({ text: `${one.label} can no longer sign in.` });
      return client.invalidateQueries({ queryKey: KEY });
    },
    onError: (failure) => toastError(failure),
  });
  return (
    <li className="flex flex-wrap items-center gap-4 py-3">
      <div className="min-w-48 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {one.label}
          {one.scopes.map((scope) => (
            <Badge key={scope}>{scope.toUpperCase()}</Badge>
          ))}
        </p>
        <p className="text-ink-muted">
          Made on {formatDay(one.created_at, timeZone)} ·{' '}
          {one.used_at ? `used ${formatAgo(one.used_at)}` : 'never used'}
        </p>
      </div>
      <Button size="small" look="danger" aria-label={`Take back ${one.label}`} onClick={() => setAsking(true)}>
        Take back
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Take back “${one.label}”?`}
        description="The program that uses it is signed out at once and asks for a password."
        action="Take back"
        dangerous
        busy={revoke.isPending}
        onConfirm={() => revoke.mutate()}
      />
    </li>
  );
}

interface AddingProps {
  scopes: Listing['scopes'];
  onClose: () => void;
  onMade: (made: Made) => void;
}

function Adding({ scopes, onClose, onMade }: AddingProps) {
  const form = useId();
  const client = useQueryClient();
  const [label, setLabel] = useState('');
  const [chosen, setChosen] = useState(() => USUAL.filter((scope) => scope in scopes));
  const make = useMutation({
    mutationFn: () => api.post<Made>('/api/account/app-passwords', { label: label.trim(), scopes: chosen }),
    onSuccess: (one) => {
      onMade(one);
      return client.invalidateQueries({ queryKey: KEY });
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    make.mutate();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="New app password"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" busy={make.isPending} disabled={chosen.length === 0}>
            Make
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="What it is for"
          hint="Such as “Thunderbird on the laptop”."
          required
          maxLength={100}
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 font-medium">It may be used for</legend>
          {Object.entries(scopes).map(([scope, means]) => (
            <Checkbox
              key={scope}
              label={`${scope.toUpperCase()}: ${means}`}
              checked={chosen.includes(scope)}
              onChange={(event) =>
                setChosen(event.target.checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
              }
            />
          ))}
        </fieldset>
        {make.isError ? (
          <p role="alert" className="text-danger">
            {make.error.message}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

function Shown({ made, onClose }: { made: Made; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Password for ${made.label}`}
      description="Put it into the program now. It is not shown again."
      footer={
        <>
          <Button icon={<Copy aria-hidden="true" />} onClick={() => void copyText(made.password, 'Password copied')}>
            Copy
          </Button>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <p className="rounded-md bg-sunken p-4 text-center font-mono text-base break-all select-all">{made.password}</p>
    </Dialog>
  );
}
