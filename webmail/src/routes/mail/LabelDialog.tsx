// Making a label, or changing its name and colour, or taking it out of the list.
import { useState } from 'react';
import { changeLabel, createLabel, HUES, removeLabel, useLabels } from '@/mail/labels';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { LabelDot } from './LabelChip';

const COLOURS = ['Blue', 'Teal', 'Green', 'Ochre', 'Orange', 'Red', 'Pink', 'Violet'];

export function LabelDialog({ keyword, onClose }: { keyword: string | null; onClose: () => void }) {
  const known = useLabels().find((one) => one.keyword === keyword);
  const [name, setName] = useState(known?.name ?? '');
  const [hue, setHue] = useState<number | null>(known ? known.hue : (HUES[0] ?? null));
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const run = async (what: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await what();
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  const save = () =>
    void run(() =>
      known ? changeLabel(known.keyword, { name: name.trim() || known.name, hue }) : createLabel(name, hue),
    );
  return (
    <Dialog
      open
      onClose={onClose}
      title={known ? `Label ${known.name}` : 'New label'}
      width="narrow"
      footer={
        <>
          {known ? (
            <Button look="danger" className="mr-auto" onClick={() => void run(() => removeLabel(known.keyword))}>
              Remove
            </Button>
          ) : null}
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={save}>
            {known ? 'Save' : 'Make label'}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label="Name"
          value={name}
          error={error}
          maxLength={40}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <fieldset>
          <legend className="mb-1 font-medium">Colour</legend>
          <div className="flex flex-wrap gap-2">
            {[...HUES, null].map((one, index) => (
              <button
                key={one ?? 'gray'}
                type="button"
                aria-label={COLOURS[index] ?? 'Gray'}
                aria-pressed={hue === one}
                onClick={() => setHue(one)}
                className={classes(
                  'flex size-8 items-center justify-center rounded-md border',
                  hue === one ? 'border-accent bg-accent-soft' : 'border-transparent hover:bg-hover',
                )}
              >
                <LabelDot hue={one} />
              </button>
            ))}
          </div>
        </fieldset>
      </form>
    </Dialog>
  );
}
