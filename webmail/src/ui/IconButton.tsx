// A button that is only an icon: it must have a label, which is also its tooltip.
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes';
import { Tooltip } from './Tooltip';

interface Props extends Omit<ComponentProps<'button'>, 'aria-label' | 'children'> {
  label: string;
  icon: ReactNode;
  /** The keyboard shortcut shown beside the label. */
  shortcut?: string;
  size?: 'small' | 'normal';
  /** For toggles: whether it is on. */
  pressed?: boolean;
}

export function IconButton({ label, icon, shortcut, size = 'normal', pressed, className, ...rest }: Props) {
  return (
    <Tooltip label={label} shortcut={shortcut}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-pressed={pressed}
        className={classes(
          'inline-flex shrink-0 items-center justify-center rounded-md text-ink-muted transition-colors hover:bg-hover hover:text-ink',
          'disabled:cursor-default disabled:opacity-40 disabled:hover:bg-transparent data-[state=open]:bg-hover [&_svg]:shrink-0',
          size === 'small' ? 'size-7 pointer-coarse:size-9 [&_svg]:size-4' : 'size-9 [&_svg]:size-[18px]',
          pressed && 'bg-accent-soft text-accent',
          className,
        )}
      >
        {icon}
      </button>
    </Tooltip>
  );
}
