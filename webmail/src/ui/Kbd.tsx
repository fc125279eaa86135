// A key of the keyboard.
import { classes } from './classes';

export function Kbd({ children, inverse = false }: { children: string; inverse?: boolean }) {
  return (
    <kbd
      className={classes(
        'inline-block min-w-5 rounded border px-1 text-center font-mono text-[11px] leading-4',
        inverse ? 'border-canvas/40' : 'border-line-strong/60 bg-sunken text-ink-muted',
      )}
    >
      {children}
    </kbd>
  );
}
