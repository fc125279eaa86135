// Buttons with words: one primary to a view, the rest secondary or quiet.
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes';
import { Spinner } from './Spinner';

type Look = 'primary' | 'secondary' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-strong border-transparent',
  secondary: 'bg-surface text-ink border-line-strong/50 hover:bg-hover',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-hover',
  danger: 'bg-surface text-danger border-danger/50 hover:bg-danger-soft',
};

interface Props extends ComponentProps<'button'> {
  look?: Look;
  size?: 'small' | 'normal' | 'large';
  icon?: ReactNode;
  /** Shows a spinner and takes no clicks. */
  busy?: boolean;
}

const SIZES = { small: 'h-8 px-3 text-[13px]', normal: 'h-9 px-4', large: 'h-11 px-6 text-base' };

export function Button({ look = 'secondary', size = 'normal', icon, busy, className, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={classes(
        'inline-flex shrink-0 items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap transition-colors',
        'disabled:cursor-default disabled:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0',
        SIZES[size],
        LOOKS[look],
        className,
      )}
    >
      {busy ? <Spinner label="" /> : icon}
      {children}
    </button>
  );
}
