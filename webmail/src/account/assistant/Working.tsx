// What the assistant does for one: on or off, what it may do, and what may be said in one's name.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Field, TextArea } from '@/ui/Field';
import { Switch } from '@/ui/Switch';
import { toast, toastError } from '@/ui/Toast';
import { ASSISTANT, type AssistantSettings, type SettingsChange, settingsQuery } from './api';

const MAX_FACTS = 8_000;

export function useChangeSettings(said = 'Saved.') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: SettingsChange) =>
      api.patch<AssistantSettings>('/api/assistant/settings', change as Record<string, unknown>),
    onSuccess: (settings) => {
      client.setQueryData(settingsQuery.queryKey, settings);
      toast({ text: said, lasts: 2_500 });
    },
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }),
  });
}

export function Working() {
  const settings = useQuery(settingsQuery);
  return (
    <Panel
      title="What it does"
      description="It reads what arrives, says what each mail is to you, and writes the replies that are due into your drafts. It never sends anything."
    >
      <Loaded of={settings} what="settings of the assistant">
        {(found) => <Switches settings={found} />}
      </Loaded>
    </Panel>
  );
}

function Switches({ settings }: { settings: AssistantSettings }) {
  const change = useChangeSettings();
  const set = (wanted: SettingsChange) => change.mutate(wanted);
  return (
    <div className="flex flex-col gap-1">
      {settings.stopped ? (
        <p role="status" className="mb-2 rounded-md bg-warning-soft px-4 py-3">
          Agents are stopped: {settings.stopped}{' '}
          <Link to="/agents" className="underline">
            See the stop switch
          </Link>
        </p>
      ) : null}
      <Switch
        label="Work for me"
        hint="Off: nothing is read, labelled or drafted."
        checked={settings.enabled}
        onChange={(enabled) => set({ enabled })}
      />
      {settings.has_mailbox ? (
        <Switch
          label="Look after my mailbox here"
          hint="What is delivered into your inbox gets a label; you can correct it with a click or by moving the mail."
          checked={settings.own_mailbox}
          disabled={!settings.enabled}
          onChange={(own_mailbox) => set({ own_mailbox })}
        />
      ) : null}
      <Switch
        label="Write drafts"
        hint="For mail that needs a reply, never for automatic mail, and never a second one."
        checked={settings.drafts}
        disabled={!settings.enabled}
        onChange={(drafts) => set({ drafts })}
      />
      <Switch
        label="Move spam to Junk"
        hint="Off: spam gets its label and stays where it is."
        checked={settings.move_spam}
        disabled={!settings.enabled}
        onChange={(move_spam) => set({ move_spam })}
      />
      <Switch
        label="Learn how I write"
        hint="From what you sent, and from what you change in its drafts. You see and edit below what it has learned."
        checked={settings.learn_style}
        disabled={!settings.enabled}
        onChange={(learn_style) => set({ learn_style })}
      />
      <Threshold key={settings.threshold} settings={settings} onChange={(threshold) => set({ threshold })} />
      <Facts key={settings.facts} settings={settings} busy={change.isPending} onSave={(facts) => set({ facts })} />
    </div>
  );
}

function Threshold({ settings, onChange }: { settings: AssistantSettings; onChange: (threshold: number) => void }) {
  const chosen = Math.round((settings.threshold ?? settings.defaults.threshold) * 100);
  const [value, setValue] = useState(chosen);
  const keep = () => {
    if (value !== chosen) onChange(value / 100);
  };
  return (
    <Field
      className="mt-3"
      label={`Draft when it is at least ${value} % sure`}
      hint={`Lower means more drafts, some of them needless. The installation's own is ${Math.round(settings.defaults.threshold * 100)} %.`}
    >
      {(ties) => (
        <input
          {...ties}
          type="range"
          min={0}
          max={100}
          step={5}
          value={value}
          disabled={!settings.enabled || !settings.drafts}
          onChange={(event) => setValue(Number(event.target.value))}
          onPointerUp={keep}
          onKeyUp={keep}
          onBlur={keep}
          className="w-full max-w-sm accent-accent"
        />
      )}
    </Field>
  );
}

interface FactsProps {
  settings: AssistantSettings;
  busy: boolean;
  onSave: (facts: string) => void;
}

function Facts({ settings, busy, onSave }: FactsProps) {
  const [facts, setFacts] = useState(settings.facts);
  return (
    <form
      className="mt-4 flex flex-col items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(facts.trim());
      }}
    >
      <TextArea
        className="w-full max-w-prose"
        label="What may be said of you"
        hint="Prices, opening hours, addresses, links. A price or date that stands neither here nor in the conversation becomes a visible gap in the draft."
        rows={5}
        maxLength={MAX_FACTS}
        value={facts}
        onChange={(event) => setFacts(event.target.value)}
      />
      <Button type="submit" busy={busy} disabled={facts.trim() === settings.facts}>
        Save
      </Button>
    </form>
  );
}
