// The stop switch: whether agents may work, who stopped them and why, and the buttons to stop them and to let them go on.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Hand, Play } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { api, asSentence } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { AGENTS, type Scope, type Switches, stopQuery } from './api';
import { SCOPES, scopesToStop } from './words';

const MAX_BECAUSE = 500; // as the server keeps
const EVERY_SCOPE: Scope[] = ['user', 'tenant', 'installation'];

/** `scopes`: those looked after here; the administration leaves out one's own. */
export function StopSwitch({ scopes = EVERY_SCOPE }: { scopes?: Scope[] }) {
  const query = useQuery(stopQuery);
  const [asking, setAsking] = useState(false);
  const offered = query.data ? scopesToStop(query.data, scopes) : [];
  return (
    <Panel
      title="Stop switch"
      description="While it is on, agents begin nothing and go on with nothing, and what they have queued does not leave. Mail of people is not touched."
      actions={
        offered.length > 0 ? (
          <Button look="danger" icon={<Hand aria-hidden="true" />} onClick={() => setAsking(true)}>
            Stop all agents
          </Button>
        ) : null
      }
    >
      <Loaded of={query} what="stop switch">
        {(found) => <State found={found} scopes={scopes} />}
      </Loaded>
      {asking && offered.length > 0 ? <StopDialog scopes={offered} onClose={() => setAsking(false)} /> : null}
    </Panel>
  );
}

function State({ found, scopes }: { found: Switches; scopes: Scope[] }) {
  const timeZone = useTimeZone();
  const change = useSwitch();
  const thrown = found.switches.filter(({ scope }) => scopes.includes(scope));
  if (thrown.length === 0) {
    return (
      <p className="flex items-center gap-2 font-medium">
        <Play size={16} aria-hidden="true" className="text-success" />
        {scopes.includes('user') ? 'Agents may work for you.' : 'Agents may work.'}
      </p>
    );
  }
  return (
    <ul className="flex flex-col gap-2">
      {thrown.map((one) => (
        <li
          key={one.scope}
          className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-md bg-danger-soft px-4 py-3"
        >
          <div className="min-w-0 flex-1 basis-64">
            <p className="flex items-center gap-2 font-medium text-danger">
              <Hand size={16} aria-hidden="true" className="shrink-0" />
              Agents are stopped {SCOPES[one.scope].of}.
            </p>
            {one.because ? <p className="break-words">{asSentence(one.because)}</p> : null}
            <p className="text-xs break-words text-ink-muted">
              By {one.engaged_by}, {formatTime(one.engaged_at, timeZone)}
              {found.may.includes(one.scope)
                ? ''
                : `. ${one.scope === 'tenant' ? 'An administrator of your organisation' : 'Whoever looks after the server'} can let them go on.`}
            </p>
          </div>
          {found.may.includes(one.scope) ? (
            <Button
              size="small"
              busy={change.isPending && change.variables.scope === one.scope}
              onClick={() => change.mutate({ stop: false, scope: one.scope })}
            >
              Let agents go on
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

interface Change {
  stop: boolean;
  scope: Scope;
  because?: string;
}

function useSwitch(after?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ stop, scope, because }: Change) =>
      stop
        ? api.post<Switches>('/api/agents/stop', { scope, because: because ?? '' })
        : api.delete<Switches>('/api/agents/stop', { query: { scope } }),
    onSuccess: (found, { stop, scope }) => {
      client.setQueryData(stopQuery.queryKey, found);
      toast({
        text: stop
          ? `Agents are stopped ${SCOPES[scope].of}.`
          : found.stopped
            ? 'This switch is off; another one still stops agents.'
            : 'Agents go on. What was held leaves now.',
      });
      after?.();
    },
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: AGENTS }),
  });
}

function StopDialog({ scopes, onClose }: { scopes: Scope[]; onClose: () => void }) {
  const [scope, setScope] = useState<Scope>(scopes[0] ?? 'user');
  const [because, setBecause] = useState('');
  const change = useSwitch(onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ stop: true, scope, because: because.trim() });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Stop all agents"
      description="At once, and until somebody lets them go on. Nothing is lost: what is held leaves then."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" type="submit" form="stop" busy={change.isPending}>
            Stop all agents
          </Button>
        </>
      }
    >
      <form id="stop" onSubmit={submit} className="flex flex-col gap-4">
        {scopes.length > 1 ? (
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-1 font-medium">For whom</legend>
            {scopes.map((one) => (
              <label key={one} className="flex items-center gap-2">
                <input
                  type="radio"
                  name="scope"
                  value={one}
                  checked={scope === one}
                  onChange={() => setScope(one)}
                  className="size-4 accent-accent"
                />
                {SCOPES[one].label}
              </label>
            ))}
          </fieldset>
        ) : (
          <p>{SCOPES[scope].label}.</p>
        )}
        <TextField
          label="Reason"
          hint="Shown to everybody whom it stops. It may be left out."
          maxLength={MAX_BECAUSE}
          value={because}
          onChange={(event) => setBecause(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
