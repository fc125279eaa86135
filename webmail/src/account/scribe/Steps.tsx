// The four steps of a mail while it is written: what is done, what goes on, what is to come.
import { Check, Circle, X } from 'lucide-react';
import { classes } from '@/ui/classes';
import { Spinner } from '@/ui/Spinner';
import { formatDuration } from '../format';
import type { Standing, StepStanding } from './types';
import { mails, STEP_WORDS, STEPS } from './words';

export function Steps({ standing }: { standing: Standing | undefined }) {
  const known = new Map(standing?.steps.map((one) => [one.step, one]));
  const running = standing?.steps.find(({ state }) => state === 'running');
  const before = standing?.status === 'PENDING' ? (standing.position ?? 0) : 0;
  return (
    <div className="flex flex-col gap-4">
      <p role="status" className="text-ink-muted">
        {running
          ? `${STEP_WORDS[running.step].doing}…`
          : before > 0
            ? `${mails(before)} of yours ${before === 1 ? 'is' : 'are'} written before it.`
            : standing?.status === 'PENDING' || standing === undefined
              ? 'It begins in a moment.'
              : ''}
      </p>
      <ol className="flex flex-col">
        {STEPS.map((step) => (
          <OneStep key={step} standing={known.get(step) ?? { step, state: 'waiting' }} />
        ))}
      </ol>
    </div>
  );
}

function OneStep({ standing: { step, state, seconds } }: { standing: StepStanding }) {
  const { label } = STEP_WORDS[step];
  return (
    <li
      aria-current={state === 'running' ? 'step' : undefined}
      className={classes(
        'relative flex items-center gap-3 py-2',
        'before:absolute before:top-[-10px] before:left-[13px] before:h-5 before:w-px before:bg-line first:before:hidden',
      )}
    >
      <span
        className={classes(
          'z-10 inline-flex size-7 shrink-0 items-center justify-center rounded-full border bg-surface [&_svg]:size-4',
          state === 'done' && 'border-success/40 text-success',
          state === 'running' && 'border-accent text-accent',
          state === 'failed' && 'border-danger text-danger',
          state === 'waiting' && 'border-line text-ink-faint',
        )}
      >
        {state === 'done' ? (
          <Check aria-hidden="true" />
        ) : state === 'failed' ? (
          <X aria-hidden="true" />
        ) : state === 'running' ? (
          <Spinner label="" />
        ) : (
          <Circle aria-hidden="true" className="scale-50" />
        )}
      </span>
      <span className={classes(state === 'running' && 'font-medium', state === 'waiting' && 'text-ink-muted')}>
        {label}
      </span>
      <span className="sr-only">
        {{ done: 'done', failed: 'failed', running: 'goes on now', waiting: 'to come' }[state]}
      </span>
      {typeof seconds === 'number' && state !== 'waiting' ? (
        <span className="ml-auto text-xs text-ink-muted tabular-nums">{formatDuration(seconds)}</span>
      ) : null}
    </li>
  );
}
