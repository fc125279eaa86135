// A check box with a label that may be only for screen readers.
import { type ComponentProps, useEffect, useRef } from 'react';
import { classes } from './classes';

interface Props extends Omit<ComponentProps<'input'>, 'type'> {
  label: string;
  hideLabel?: boolean;
  indeterminate?: boolean;
}

export function Checkbox({ label, hideLabel, indeterminate, className, ...rest }: Props) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = indeterminate ?? false;
  }, [indeterminate]);
  const input = (
    <input
      ref={box}
      type="checkbox"
      {...rest}
      {...(hideLabel ? { 'aria-label': label } : {})}
      className={classes('size-4 shrink-0 accent-accent', className)}
    />
  );
  if (hideLabel) return input;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the input inside
    <label className="flex items-center gap-2">
      {input}
      {label}
    </label>
  );
}
