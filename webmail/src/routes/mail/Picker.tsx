// A dialog to choose from a list by typing: arrows move, Enter takes, and what is not there can be made where that makes sense.
import { Check, Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { classes } from '@/ui/classes';
import { Dialog } from '@/ui/Dialog';
import { CONTROL } from '@/ui/Field';

export interface Option {
  id: string;
  label: string;
  icon?: ReactNode;
  /** For lists where several can be on: undefined means that it is no such list. */
  on?: boolean | 'some';
}

interface Props {
  title: string;
  placeholder: string;
  options: Option[];
  onPick: (id: string) => void;
  /** Offers to make one of the typed name. */
  onCreate?: (name: string) => void;
  onClose: () => void;
}

const NEW = '+new';

export function Picker({ title, placeholder, options, onPick, onCreate, onClose }: Props) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const base = useId();
  const wanted = text.trim().toLowerCase();
  const found: Option[] = options.filter((one) => one.label.toLowerCase().includes(wanted));
  if (onCreate && wanted && !options.some((one) => one.label.toLowerCase() === wanted)) {
    found.push({ id: NEW, label: `Make “${text.trim()}”`, icon: <Plus size={16} aria-hidden="true" /> });
  }
  const index = Math.min(at, Math.max(0, found.length - 1));
  const pick = (option: Option | undefined) => {
    if (!option) return;
    if (option.id === NEW) {
      onCreate?.(text.trim());
      setText('');
    } else onPick(option.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(index + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(index - 1, 0));
    else if (event.key === 'Enter') pick(found[index]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog open onClose={onClose} title={title} width="narrow">
      <input
        role="combobox"
        aria-label={placeholder}
        aria-expanded="true"
        aria-controls={`${base}-list`}
        aria-activedescendant={found[index] ? `${base}-${index}` : undefined}
        aria-autocomplete="list"
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className={classes(CONTROL, 'h-9')}
      />
      <div
        id={`${base}-list`}
        role="listbox"
        aria-label={title}
        aria-multiselectable={options.some((one) => one.on !== undefined)}
        className="mt-2 max-h-72 overflow-y-auto"
      >
        {found.map((option, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the keys are handled by the field (ARIA combobox)
          <div
            key={option.id}
            id={`${base}-${place}`}
            role="option"
            aria-selected={option.on === undefined ? place === index : option.on === true}
            onClick={() => pick(option)}
            onMouseMove={() => setAt(place)}
            ref={place === index ? (line) => line?.scrollIntoView({ block: 'nearest' }) : undefined}
            className={classes(
              'flex min-h-9 cursor-pointer items-center gap-3 rounded px-2 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-muted',
              place === index && 'bg-hover',
            )}
          >
            {option.on !== undefined ? (
              <span className="flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong">
                {option.on === true ? (
                  <Check aria-hidden="true" />
                ) : option.on === 'some' ? (
                  <Minus aria-hidden="true" />
                ) : null}
              </span>
            ) : null}
            {option.icon}
            <span className="min-w-0 flex-1 truncate">{option.label}</span>
          </div>
        ))}
        {found.length === 0 ? <p className="p-2 text-ink-muted">Nothing of that name.</p> : null}
      </div>
    </Dialog>
  );
}
