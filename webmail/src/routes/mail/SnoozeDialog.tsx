// Until when a conversation is put aside: a few moments to choose from, or any other.
import { Clock } from 'lucide-react';
import { useState } from 'react';
import type { Choice } from '@/mail/actions';
import { upcoming } from '@/mail/dates';
import { presets, snooze } from '@/mail/snoozing';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';

export function SnoozeDialog({ choice, onClose, onDone }: { choice: Choice; onClose: () => void; onDone: () => void }) {
  const [moment, setMoment] = useState('');
  const [error, setError] = useState('');
  const until = (at: Date) => {
    onClose();
    onDone();
    void snooze(choice, at);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Snooze until"
      description="The conversation leaves the list and comes back unread."
      width="narrow"
    >
      <ul className="flex flex-col">
        {presets().map((preset) => (
          <li key={preset.label}>
            <button
              type="button"
              onClick={() => until(preset.at)}
              className="flex min-h-10 w-full items-center gap-3 rounded px-2 text-left hover:bg-hover"
            >
              <Clock size={16} aria-hidden="true" className="text-ink-muted" />
              <span className="flex-1">{preset.label}</span>
              <span className="text-xs text-ink-muted">{upcoming(preset.at)}</span>
            </button>
          </li>
        ))}
      </ul>
      <form
        className="mt-3 flex items-end gap-2 border-t border-line pt-3"
        onSubmit={(event) => {
          event.preventDefault();
          const at = new Date(moment);
          if (Number.isNaN(at.getTime()) || at.getTime() <= Date.now()) setError('Choose a moment to come.');
          else until(at);
        }}
      >
        <TextField
          label="Another moment"
          type="datetime-local"
          value={moment}
          error={error}
          className="flex-1"
          onChange={(event) => setMoment(event.target.value)}
        />
        <Button type="submit">Snooze</Button>
      </form>
    </Dialog>
  );
}
