// What one taught it, as plain sentences: rules for senders, and whose mail goes first.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { ApiError, api } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { IconButton } from '@/ui/IconButton';
import { toast, toastError } from '@/ui/Toast';
import { ASSISTANT, type Category, type MailKind, type Rule, rulesQuery, vipsQuery } from './api';
import { CATEGORIES, KIND_OPTIONS, ORDER, ruleInWords, ruleOrigin } from './words';

const MAX_SENDER = 320;
const WHO = 'An address such as chen@example.org, or everybody at a domain, such as @example.org.';

export function Rules() {
  const rules = useQuery(rulesQuery);
  const [edited, setEdited] = useState<Rule | 'new' | null>(null);
  return (
    <Panel
      title="Rules"
      description="What you corrected is remembered here, and you can write your own. A rule is stronger than any model."
      actions={
        <Button icon={<Plus aria-hidden="true" />} onClick={() => setEdited('new')}>
          Add a rule
        </Button>
      }
    >
      <Loaded of={rules} what="rules">
        {(found) =>
          found.length === 0 ? (
            <p className="text-ink-muted">None yet. Correct a mail, and it is remembered for its sender.</p>
          ) : (
            <ul className="divide-y divide-line">
              {found.map((rule) => (
                <OneRule key={rule.id} rule={rule} onEdit={() => setEdited(rule)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited ? <RuleDialog rule={edited === 'new' ? null : edited} onClose={() => setEdited(null)} /> : null}
    </Panel>
  );
}

function OneRule({ rule, onEdit }: { rule: Rule; onEdit: () => void }) {
  const client = useQueryClient();
  const said = ruleInWords(rule);
  const remove = useMutation({
    mutationFn: () => api.delete(`/api/assistant/rules/${encodeURIComponent(rule.id)}`),
    onSuccess: () => toast({ text: 'Forgotten.' }),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium break-words">
          {said} {rule.enabled ? null : <Badge>Off</Badge>}
        </p>
        <p className="text-xs break-words text-ink-muted">{ruleOrigin(rule)}</p>
      </div>
      <div className="flex gap-2">
        <Button size="small" aria-label={`Edit: ${said}`} onClick={onEdit}>
          Edit
        </Button>
        <Button
          size="small"
          look="danger"
          aria-label={`Forget: ${said}`}
          busy={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Forget
        </Button>
      </div>
    </li>
  );
}

function RuleDialog({ rule, onClose }: { rule: Rule | null; onClose: () => void }) {
  const client = useQueryClient();
  const [sender, setSender] = useState(rule?.sender ?? '');
  const [kind, setKind] = useState<MailKind | ''>(rule?.kind ?? '');
  const [category, setCategory] = useState<Category>(rule?.category ?? 'informational');
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const save = useMutation({
    mutationFn: () =>
      rule
        ? api.patch<Rule>(`/api/assistant/rules/${encodeURIComponent(rule.id)}`, { category, enabled })
        : api.post<Rule>('/api/assistant/rules', { sender: sender.trim(), kind, category }),
    onSuccess: (saved) => {
      toast({ text: `${ruleInWords(saved)}.` });
      onClose();
    },
    onError: (failure) => {
      if (!wrong(failure)) toastError(failure);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={rule ? 'Edit the rule' : 'Add a rule'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="rule" busy={save.isPending} disabled={!sender.trim()}>
            Save
          </Button>
        </>
      }
    >
      <form id="rule" onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Mail from"
          hint={WHO}
          error={wrong(save.error)}
          maxLength={MAX_SENDER}
          autoComplete="off"
          spellCheck={false}
          disabled={rule !== null}
          value={sender}
          onChange={(event) => {
            setSender(event.target.value);
            save.reset();
          }}
        />
        <Select
          label="Which of it"
          value={kind}
          onChange={setKind}
          options={KIND_OPTIONS}
          {...(rule ? { disabled: true } : {})}
        />
        <Select
          label="Is"
          value={category}
          onChange={setCategory}
          options={ORDER.map((value) => ({ value, label: CATEGORIES[value].label }))}
        />
        {rule ? (
          <Select
            label="The rule is"
            value={enabled ? 'on' : 'off'}
            onChange={(value) => setEnabled(value === 'on')}
            options={[
              { value: 'on', label: 'On' },
              { value: 'off', label: 'Off: kept, and not followed' },
            ]}
          />
        ) : null}
      </form>
    </Dialog>
  );
}

export function Vips() {
  const vips = useQuery(vipsQuery);
  const client = useQueryClient();
  const [sender, setSender] = useState('');
  const options = { onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }) };
  const path = (who: string) => `/api/assistant/vips/${encodeURIComponent(who)}`;
  const add = useMutation({
    mutationFn: () => api.put(path(sender.trim())),
    onSuccess: () => setSender(''),
    onError: (failure) => {
      if (!wrong(failure)) toastError(failure);
    },
    ...options,
  });
  const remove = useMutation({
    mutationFn: (who: string) => api.delete(path(who)),
    onError: (failure) => toastError(failure),
    ...options,
  });
  return (
    <Panel title="VIPs" description="Their mail is looked at before everybody else's.">
      <Loaded of={vips} what="VIPs">
        {(found) => (
          <ul className="flex flex-wrap gap-2 empty:hidden">
            {found.map((vip) => (
              <li key={vip} className="flex items-center gap-1 rounded-full bg-sunken py-0.5 pr-1 pl-3">
                <span className="break-all">{vip}</span>
                <IconButton
                  size="small"
                  label={`Remove ${vip}`}
                  icon={<X aria-hidden="true" />}
                  onClick={() => remove.mutate(vip)}
                />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <form
        className="mt-4 flex flex-wrap items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextField
          className="min-w-64 flex-1"
          label="Sender"
          hint={WHO}
          error={wrong(add.error)}
          maxLength={MAX_SENDER}
          autoComplete="off"
          spellCheck={false}
          value={sender}
          onChange={(event) => {
            setSender(event.target.value);
            add.reset();
          }}
        />
        <Button className="mt-6" type="submit" busy={add.isPending} disabled={!sender.trim()}>
          Add
        </Button>
      </form>
    </Panel>
  );
}

/** What the server says about the words that were typed. */
function wrong(failure: unknown): string | undefined {
  return failure instanceof ApiError && [400, 404, 422].includes(failure.status) ? failure.message : undefined;
}
