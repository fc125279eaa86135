// When something is due, in words: what they mean is shown while one types, and what is not one time is asked about.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { TextField } from '@/ui/Field';
import { useTimeZone } from '../preferences';
import { type TimeChoice, whenQuery } from './api';
import { inFull, ruleInWords } from './words';

const PAUSE_MS = 250; // without a key before the server is asked

/** A time that was chosen: the words, or, of several times that they mean, one. */
export interface Chosen {
  when: string;
  due_at?: string;
}

interface Props {
  label?: string;
  words: string;
  choice: string;
  error?: string;
  autoFocus?: boolean;
  onWords: (words: string) => void;
  onChoice: (at: string) => void;
}

export function TimeField({ label = 'When', words, choice, error = '', autoFocus = false, onWords, onChoice }: Props) {
  const timeZone = useTimeZone();
  const text = useSettled(words.trim());
  const found = useQuery(whenQuery(text)).data;
  const known = text !== '' && text === words.trim() ? found : undefined;
  return (
    <div className="flex flex-col gap-2">
      <TextField
        label={label}
        value={words}
        error={error}
        autoFocus={autoFocus}
        autoComplete="off"
        maxLength={200}
        placeholder="next Friday morning, in 3 days, every Monday at 9"
        onChange={(event) => {
          onWords(event.target.value);
          onChoice('');
        }}
      />
      <div aria-live="polite" className="min-h-6 text-sm">
        {known?.at ? (
          <p className="text-success">
            {inFull(known.at, timeZone)}
            {known.rule ? `, then ${ruleInWords(known.rule) || 'again and again'}` : ''}
          </p>
        ) : known && known.choices.length > 0 ? (
          <TimeChoices choices={known.choices} timeZone={timeZone} chosen={choice} onChoose={onChoice} />
        ) : known ? (
          <p className="text-ink-muted">That says no time to come.</p>
        ) : null}
      </div>
    </div>
  );
}

interface ChoicesProps {
  choices: TimeChoice[];
  timeZone: string;
  chosen?: string;
  onChoose: (at: string) => void;
}

export function TimeChoices({ choices, timeZone, chosen = '', onChoose }: ChoicesProps) {
  return (
    <fieldset className="flex flex-wrap items-center gap-2">
      <legend className="mb-1 text-ink-muted">Which one?</legend>
      {choices.map((one) => (
        <button
          key={one.at}
          type="button"
          aria-pressed={one.at === chosen}
          title={one.because}
          onClick={() => onChoose(one.at)}
          className="min-h-9 rounded-full border border-line px-3 text-left hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
        >
          {inFull(one.at, timeZone)}
        </button>
      ))}
    </fieldset>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled;
}
