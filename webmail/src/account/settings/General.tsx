// Settings "General": time zone, how agents write, what to be told of, and how the pages look.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { useSession } from '@/api/session';
import { ShortcutSheet } from '@/routes/mail/ShortcutSheet';
import { setTheme, useTheme } from '@/theme';
import { Button } from '@/ui/Button';
import { CONTROL, Field, Select, TextArea } from '@/ui/Field';
import { Kbd } from '@/ui/Kbd';
import { toast, toastError } from '@/ui/Toast';
import {
  browserTimeZone,
  type Display,
  type Preferences,
  preferencesQuery,
  useChangePreferences,
} from '../preferences';

export function General() {
  const preferences = useQuery(preferencesQuery);
  const { user } = useSession();
  return (
    <div className="flex flex-col gap-4">
      <Loaded of={preferences} what="preferences">
        {(known) => (
          <>
            <TimeZone known={known} />
            <Look display={known.display} withMail={user.has_mailbox} />
            {user.has_mailbox ? <Reading known={known} /> : null}
            {user.has_mailbox ? <Shortcuts /> : null}
            <Tone known={known} />
          </>
        )}
      </Loaded>
    </div>
  );
}

/** Changes at once and says only when it did not work: the control shows the new value already. */
function useSetting() {
  const { mutate } = useChangePreferences();
  return (change: Parameters<typeof mutate>[0]) => mutate(change, { onError: (failure) => toastError(failure) });
}

function TimeZone({ known }: { known: Preferences }) {
  const change = useSetting();
  const id = useId();
  const here = browserTimeZone();
  const [given, setGiven] = useState(known.time_zone);
  const zones = Intl.supportedValuesOf('timeZone');
  const all = [...new Set([known.time_zone, here, 'UTC', ...zones])].filter(Boolean);
  const pick = (zone: string) => {
    setGiven(zone);
    change({ time_zone: zone });
  };
  return (
    <Panel
      title="Time zone"
      description="Times are shown, and mail is scheduled, in this time zone. Agents use it for dates in your tasks."
    >
      <Field label="Time zone" hideLabel hint={`The time there is ${clock(given)}.`}>
        {(ties) => (
          <select
            {...ties}
            id={ties.id}
            value={given}
            onChange={(event) => pick(event.target.value)}
            className={`${CONTROL} h-9 max-w-sm`}
          >
            {all.map((zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll('_', ' ')}
              </option>
            ))}
          </select>
        )}
      </Field>
      {here !== given ? (
        <p id={id} className="mt-4 flex flex-wrap items-center gap-2 text-ink-muted">
          This browser is set to {here.replaceAll('_', ' ')}.
          <Button size="small" onClick={() => pick(here)}>
            Use it
          </Button>
        </p>
      ) : null}
    </Panel>
  );
}

function clock(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat(undefined, { timeZone, hour: '2-digit', minute: '2-digit' }).format(new Date());
  } catch {
    return 'unknown';
  }
}

function Look({ display, withMail }: { display: Display; withMail: boolean }) {
  const change = useSetting();
  const theme = useTheme();
  return (
    <Panel title="Look">
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="Theme"
          value={theme}
          hint="In this browser."
          onChange={setTheme}
          options={[
            { value: 'system', label: 'As the system' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
        />
        {withMail ? (
          <Select
            label="Message list"
            value={display.density ?? 'comfortable'}
            onChange={(density) => change({ display: { density } })}
            options={[
              { value: 'comfortable', label: 'Comfortable' },
              { value: 'compact', label: 'Compact' },
            ]}
          />
        ) : null}
      </div>
    </Panel>
  );
}

function Reading({ known }: { known: Preferences }) {
  const change = useSetting();
  const { display } = known;
  const undo = known.undo_seconds || (display.undoOff ? 0 : 10);
  return (
    <Panel title="Reading and writing">
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="Remote pictures"
          hint="Our server fetches them, so senders do not learn where you are. They still learn that you looked."
          value={display.pictures ?? 'ask'}
          onChange={(pictures) => change({ display: { pictures } })}
          options={[
            { value: 'ask', label: 'Ask each time' },
            { value: 'proxied', label: 'Always show' },
          ]}
        />
        <Select
          label="An opened message counts as read"
          value={display.markRead ?? 'at-once'}
          onChange={(markRead) => change({ display: { markRead } })}
          options={[
            { value: 'at-once', label: 'At once' },
            { value: 'after-two-seconds', label: 'After two seconds' },
            { value: 'by-hand', label: 'When I mark it' },
          ]}
        />
        <Select
          label="New messages are written in"
          value={display.writing ?? 'rich'}
          onChange={(writing) => change({ display: { writing } })}
          options={[
            { value: 'rich', label: 'Rich text' },
            { value: 'plain', label: 'Plain text' },
          ]}
        />
        <Select
          label="Undo sending"
          hint="So long mail waits before it leaves, from here and from your mail programs."
          value={String(undo)}
          onChange={(seconds) => change({ undo_seconds: Number(seconds), display: { undoOff: seconds === '0' } })}
          options={undoOptions(undo)}
        />
      </div>
    </Panel>
  );
}

function undoOptions(chosen: number): { value: string; label: string }[] {
  const seconds = [...new Set([0, 5, 10, 20, 30, 60, 120, chosen])].sort((one, other) => one - other);
  return seconds.map((each) => ({ value: String(each), label: each === 0 ? 'Off' : `${each} seconds` }));
}

function Shortcuts() {
  const [open, setOpen] = useState(false);
  return (
    <Panel
      title="Keyboard shortcuts"
      description="The mailbox can be used without a mouse. “?” shows the list there."
      actions={<Button onClick={() => setOpen(true)}>Show the list</Button>}
    >
      <p className="text-ink-muted">
        While writing: <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd> sends, <Kbd>Esc</Kbd> saves and closes, <Kbd>Ctrl</Kbd>{' '}
        <Kbd>Shift</Kbd> <Kbd>C</Kbd> and <Kbd>B</Kbd> add copies and blind copies.
      </p>
      <ShortcutSheet open={open} onClose={() => setOpen(false)} />
    </Panel>
  );
}

const MAX_TONE = 2_000; // characters; the server's limit

function Tone({ known }: { known: Preferences }) {
  const { mutate, isPending } = useChangePreferences();
  const [tone, setTone] = useState(known.tone);
  function submit(event: FormEvent) {
    event.preventDefault();
    mutate({ tone }, { onSuccess: () => void toast({ text: 'Saved.' }), onError: (failure) => toastError(failure) });
  }
  return (
    <Panel title="Your tone" description="Agents that write for you keep to it.">
      <form onSubmit={submit} className="flex flex-col items-start gap-4">
        <TextArea
          label="How you write"
          className="w-full"
          hint="For example: short and friendly, first names, no exclamation marks."
          value={tone}
          maxLength={MAX_TONE}
          onChange={(event) => setTone(event.target.value)}
        />
        <Button type="submit" look="primary" busy={isPending} disabled={tone === known.tone}>
          Save
        </Button>
      </form>
    </Panel>
  );
}
