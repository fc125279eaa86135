// How much of a whole is used or done, as a bar with its words.
import { classes } from './classes';

interface Props {
  label: string;
  /** From 0 to `of`. */
  value: number;
  of: number;
  /** What is read out and shown at the right, such as "12 of 20". */
  text?: string;
  hideLabel?: boolean;
  tone?: 'accent' | 'warning' | 'danger';
}

const TONES = { accent: 'bg-accent', warning: 'bg-warning', danger: 'bg-danger' };

export function ProgressBar({ label, value, of, text, hideLabel, tone = 'accent' }: Props) {
  const share = of > 0 ? Math.min(1, Math.max(0, value / of)) : 0;
  return (
    <div>
      {hideLabel ? null : (
        <div className="mb-1 flex justify-between gap-4 text-ink-muted">
          <span>{label}</span>
          {text ? <span className="tabular-nums">{text}</span> : null}
        </div>
      )}
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={of}
        aria-valuenow={value}
        aria-valuetext={text}
        className="h-2 overflow-hidden rounded-full bg-line"
      >
        <div
          className={classes('h-full rounded-full transition-[width]', TONES[tone])}
          style={{ width: `${share * 100}%` }}
        />
      </div>
    </div>
  );
}
