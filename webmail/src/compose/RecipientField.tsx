// One line of recipients: chips, a field that suggests people, and lists that can be pasted whole.
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { type KeyboardEvent, type Ref, useEffect, useId, useRef, useState } from 'react';
import { api } from '@/api/rest';
import { Avatar } from '@/ui/Avatar';
import { classes } from '@/ui/classes';
import {
  type Address,
  formatAddress,
  isEmail,
  parseAddresses,
  sameEmail,
  shortName,
  withoutDoubles,
} from './addresses';

interface Props {
  label: string;
  value: Address[];
  onChange: (value: Address[]) => void;
  /** Buttons at the end of the line, such as "Cc". */
  extra?: React.ReactNode;
  fieldRef?: Ref<HTMLInputElement>;
}

const SUGGEST_AFTER_MS = 150;

export function RecipientField({ label, value, onChange, extra, fieldRef }: Props) {
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const asked = useDelayed(text.trim(), SUGGEST_AFTER_MS);
  const { data } = useQuery({
    queryKey: ['contacts', asked],
    enabled: asked.length > 0,
    retry: false,
    queryFn: ({ signal }) => api.get<{ people: Address[] }>('/api/mail/contacts', { query: { q: asked }, signal }),
  });
  const people =
    text.trim() && asked
      ? (data?.people ?? []).filter(({ email }) => !value.some((one) => sameEmail(one.email, email)))
      : [];
  const shown = open && people.length > 0;
  const chosen = Math.min(active, people.length - 1);

  function add(addresses: Address[]) {
    if (addresses.length > 0) onChange(withoutDoubles([...value, ...addresses]));
    setText('');
    setActive(0);
    setOpen(false);
  }

  function take(index: number) {
    onChange(value.filter((_, at) => at !== index));
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const pick = shown ? people[chosen] : undefined;
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown' && people.length > 0) {
      setOpen(true);
      setActive(shown ? (chosen + 1) % people.length : 0);
    } else if (event.key === 'ArrowUp' && shown) setActive((chosen + people.length - 1) % people.length);
    else if (event.key === 'Escape' && shown) {
      event.stopPropagation();
      setOpen(false);
    } else if (
      (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) ||
      (event.key === 'Tab' && text.trim() && !event.shiftKey)
    ) {
      if (!text.trim()) {
        if (event.key === 'Enter') event.preventDefault();
        return;
      }
      add(pick ? [pick] : parseAddresses(text));
      if (event.key === 'Tab') return; // on to the next field, with the chip made
    } else if ((event.key === ',' || event.key === ';') && isEmail(text.trim())) add(parseAddresses(text));
    else if (event.key === 'Backspace' && text === '' && value.length > 0) {
      const last = value.at(-1);
      onChange(value.slice(0, -1));
      // A wrong one comes back to be mended, a right one just goes.
      if (last && !isEmail(last.email)) setText(last.email);
    } else return;
    event.preventDefault();
  }

  return (
    <div className="relative flex items-start gap-2 border-b border-line px-4 py-1">
      <label htmlFor={id} className="w-10 shrink-0 py-1.5 text-ink-muted">
        {label}
      </label>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1">
        {value.map((address, at) => (
          <Chip key={address.email} address={address} onRemove={() => take(at)} />
        ))}
        <input
          ref={(element) => {
            input.current = element;
            if (typeof fieldRef === 'function') fieldRef(element);
            else if (fieldRef) fieldRef.current = element;
          }}
          id={id}
          role="combobox"
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={`${id}-people`}
          aria-activedescendant={shown ? `${id}-${chosen}` : undefined}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          inputMode="email"
          value={text}
          className="h-8 min-w-20 flex-1 bg-transparent outline-none"
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
            setOpen(true);
          }}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const pasted = parseAddresses(event.clipboardData.getData('text'));
            if (pasted.length === 0 || !pasted.some(({ email }) => isEmail(email))) return;
            event.preventDefault();
            add([...(text.trim() ? parseAddresses(text) : []), ...pasted]);
          }}
          onBlur={() => {
            setOpen(false);
            if (text.trim()) add(parseAddresses(text));
          }}
        />
      </div>
      {extra}
      <div
        id={`${id}-people`}
        role="listbox"
        aria-label="People"
        hidden={!shown}
        className="absolute top-full left-12 z-30 max-h-72 w-[min(24rem,calc(100%-4rem))] overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-popover"
      >
        {people.map((person, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard (aria-activedescendant)
          <div
            key={person.email}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === chosen}
            tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => add([person])}
            className={classes('flex cursor-pointer items-center gap-2 rounded px-2 py-1', at === chosen && 'bg-hover')}
          >
            <Avatar name={person.name ?? person.email} address={person.email} size="small" />
            <span className="min-w-0">
              <span className="block truncate">{shortName(person)}</span>
              {person.name ? <span className="block truncate text-xs text-ink-muted">{person.email}</span> : null}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

function Chip({ address, onRemove }: { address: Address; onRemove: () => void }) {
  const valid = isEmail(address.email);
  return (
    <span
      title={valid ? formatAddress(address) : `${address.email} is not an address`}
      className={classes(
        'inline-flex h-7 max-w-full items-center gap-1 rounded-full border pr-1 pl-3',
        valid ? 'border-line bg-sunken' : 'border-danger bg-danger-soft text-danger',
      )}
    >
      <span className="truncate">{shortName(address)}</span>
      {valid ? null : <span className="sr-only">(not a valid address)</span>}
      <button
        type="button"
        aria-label={`Remove ${shortName(address)}`}
        onClick={onRemove}
        className="inline-flex size-5 items-center justify-center rounded-full hover:bg-hover"
      >
        <X size={14} aria-hidden="true" />
      </button>
    </span>
  );
}

function useDelayed(value: string, wait: number): string {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return delayed;
}
