// A labelled place for input: label, hint and error are tied to the control for screen readers.
import { type ComponentProps, type ReactNode, useId } from 'react';
import { classes } from './classes';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: ReactNode;
  /** The label is read out but not shown. */
  hideLabel?: boolean;
  className?: string;
}

export const CONTROL =
  'w-full rounded-md border border-line-strong/60 bg-surface px-3 text-ink outline-none transition-colors hover:border-line-strong focus-visible:border-accent focus-visible:outline-2 focus-visible:outline-accent focus-visible:-outline-offset-1 disabled:opacity-60 aria-invalid:border-danger';

interface Ties {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

/** Lays out one control; `children` is given the attributes that tie it to its label. */
export function Field({
  label,
  hint,
  error,
  hideLabel,
  className,
  children,
}: FieldProps & { children: (ties: Ties) => ReactNode }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={classes('flex flex-col gap-1', className)}>
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'font-medium'}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {hint ? (
        <p id={`${id}-hint`} className="text-xs text-ink-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-xs text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}

export function TextField({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...input
}: FieldProps & Omit<ComponentProps<'input'>, keyof FieldProps>) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      {...(hideLabel ? { hideLabel } : {})}
      {...(className ? { className } : {})}
    >
      {(ties) => <input type="text" {...input} {...ties} className={classes(CONTROL, 'h-9')} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...input
}: FieldProps & Omit<ComponentProps<'textarea'>, keyof FieldProps>) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      {...(hideLabel ? { hideLabel } : {})}
      {...(className ? { className } : {})}
    >
      {(ties) => <textarea rows={4} {...input} {...ties} className={classes(CONTROL, 'py-2')} />}
    </Field>
  );
}

interface SelectProps<T extends string> extends FieldProps {
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string; disabled?: boolean }[];
  disabled?: boolean;
}

/** The browser's own select: it works with every keyboard, screen reader and phone. */
export function Select<T extends string>({ value, onChange, options, disabled, ...field }: SelectProps<T>) {
  return (
    <Field {...field}>
      {(ties) => (
        <select
          {...ties}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value as T)}
          className={classes(CONTROL, 'h-9 pr-8')}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
