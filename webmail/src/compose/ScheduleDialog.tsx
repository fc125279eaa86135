// Asks when a message shall leave: a few likely times, or any other, in the person's time zone.
import { type FormEvent, useId, useState } from 'react';
import { browserTimeZone, useTimeZone } from '@/account/preferences';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { formatWhen, fromLocalInput, presets, toLocalInput } from './schedule';

interface Props {
  title: string;
  action: string;
  /** Seconds ahead the server takes; more is refused here. */
  mostSeconds: number;
  busy?: boolean;
  onClose: () => void;
  onPick: (at: Date) => void;
}

const SOONEST_MS = 60_000; // a minute ahead, or "send" is what was meant

export function ScheduleDialog({ title, action, mostSeconds, busy, onClose, onPick }: Props) {
  const timeZone = useTimeZone();
  const form = useId();
  const [now] = useState(() => new Date());
  const [value, setValue] = useState(() => toLocalInput(presets(now, timeZone)[0]?.at ?? now, timeZone));
  const [problem, setProblem] = useState<string | null>(null);

  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    const at = fromLocalInput(value, timeZone);
    if (!at) return setProblem('Give a day and a time.');
    if (at.getTime() < Date.now() + SOONEST_MS) return setProblem('This time has passed. Choose a later one.');
    if (at.getTime() > Date.now() + mostSeconds * 1_000) {
      return setProblem(`Mail can be scheduled up to ${Math.floor(mostSeconds / 86_400)} days ahead.`);
    }
    onPick(at);
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      width="narrow"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} busy={busy ?? false}>
            {action}
          </Button>
        </>
      }
    >
      <ul className="mb-4 flex flex-col">
        {presets(now, timeZone).map(({ id, label, at }) => (
          <li key={id}>
            <button
              type="button"
              disabled={busy}
              onClick={() => onPick(at)}
              className="flex w-full items-center justify-between gap-4 rounded-md px-3 py-2 text-left hover:bg-hover"
            >
              <span>{label}</span>
              <span className="text-xs whitespace-nowrap text-ink-muted tabular-nums">
                {formatWhen(at, timeZone, now)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <form id={form} onSubmit={submit}>
        <TextField
          label="Another time"
          type="datetime-local"
          value={value}
          min={toLocalInput(now, timeZone)}
          error={problem}
          hint={timeZone === browserTimeZone() ? undefined : `In your time zone, ${timeZone}`}
          onChange={(event) => {
            setProblem(null);
            setValue(event.target.value);
          }}
        />
      </form>
    </Dialog>
  );
}
