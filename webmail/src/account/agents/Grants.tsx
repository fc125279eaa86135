// What agents may do without asking: the list, taking one away, and allowing something more.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { ApiError, api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { agentsQuery, sentence } from '../dashboard/api';
import { formatDay } from '../format';
import { useTimeZone } from '../preferences';
import { AGENTS, type Grant, grantsQuery } from './api';
import { actionLabel, grantInWords, targetHelp } from './words';

const ANY_AGENT = '*';

export function Grants() {
  const grants = useQuery(grantsQuery);
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      title="What agents may do without asking"
      description="Whatever you allow here is done at once, as often as the daily limit lets it. Everything else is asked first."
      actions={
        <Button icon={<Plus aria-hidden="true" />} disabled={!grants.data} onClick={() => setAdding(true)}>
          Allow something
        </Button>
      }
    >
      <Loaded of={grants} what="permissions">
        {({ grants: found }) =>
          found.length === 0 ? (
            <p className="text-ink-muted">Nothing. Agents answer who asked them, and ask you for the rest.</p>
          ) : (
            <ul className="divide-y divide-line">
              {found.map((grant) => (
                <OneGrant key={grant.id} grant={grant} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding && grants.data ? <AddDialog actions={grants.data.actions} onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}

function whoIs(agent: string): string {
  return agent === ANY_AGENT ? 'Every agent' : sentence(agent);
}

function OneGrant({ grant }: { grant: Grant }) {
  const timeZone = useTimeZone();
  const client = useQueryClient();
  const said = grantInWords(grant.action, grant.target);
  const revoke = useMutation({
    mutationFn: () => api.delete(`/api/agents/grants/${encodeURIComponent(grant.id)}`),
    onSuccess: () => toast({ text: 'Revoked. It is asked first from now on.' }),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: AGENTS }),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium break-words">{said}</p>
        <p className="text-xs break-words text-ink-muted">
          {whoIs(grant.agent)} · allowed by {grant.given_by}, {formatDay(grant.created_at, timeZone)}
        </p>
      </div>
      <Button
        size="small"
        look="danger"
        aria-label={`Revoke: ${said}`}
        busy={revoke.isPending}
        onClick={() => revoke.mutate()}
      >
        Revoke
      </Button>
    </li>
  );
}

function AddDialog({ actions, onClose }: { actions: string[]; onClose: () => void }) {
  const agents = useQuery(agentsQuery).data ?? [];
  const client = useQueryClient();
  const [agent, setAgent] = useState('');
  const [action, setAction] = useState(actions[0] ?? 'send');
  const [target, setTarget] = useState('');
  const kinds = new Map(agents.map((each) => [each.agent, `${sentence(each.agent)} (${each.name})`]));
  const chosen = agent || agents[0]?.agent || ANY_AGENT;
  const give = useMutation({
    mutationFn: () => api.post<Grant>('/api/agents/grants', { agent: chosen, action, target: target.trim() }),
    onSuccess: (grant) => {
      toast({ text: `Allowed: ${grantInWords(grant.action, grant.target)}.` });
      onClose();
    },
    onError: (failure) => {
      if (!wrong(failure)) toastError(failure);
    },
    onSettled: () => client.invalidateQueries({ queryKey: AGENTS }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    give.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Allow something"
      description="It is done without asking you, until you revoke it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="grant" busy={give.isPending} disabled={!target.trim()}>
            Allow
          </Button>
        </>
      }
    >
      <form id="grant" onSubmit={submit} className="flex flex-col gap-4">
        <Select
          label="Who"
          value={chosen}
          onChange={setAgent}
          options={[
            ...[...kinds].map(([value, label]) => ({ value, label })),
            { value: ANY_AGENT, label: 'Every agent' },
          ]}
        />
        <Select
          label="May"
          value={action}
          onChange={setAction}
          options={actions.map((value) => ({ value, label: actionLabel(value) }))}
        />
        <TextField
          label="To whom or what"
          hint={targetHelp(action)}
          error={wrong(give.error)}
          maxLength={320}
          autoComplete="off"
          spellCheck={false}
          value={target}
          onChange={(event) => {
            setTarget(event.target.value);
            give.reset();
          }}
        />
        {target.trim() === '*' ? (
          <p role="status" className="rounded-md bg-warning-soft px-4 py-3">
            A star allows it for all of them, also for what a stranger's mail might talk an agent into.
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

/** What the server says about the words that were typed. */
function wrong(failure: unknown): string | undefined {
  return failure instanceof ApiError && [400, 422].includes(failure.status) ? failure.message : undefined;
}
