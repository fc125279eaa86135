// The letter, sentence by sentence: each that rests on a source has its number beside it, and what nothing supports stands out.
import { Fragment, type ReactNode } from 'react';
import { classes } from '@/ui/classes';
import { piecesOf } from './pieces';
import type { Evidence, Mail, Sentence, SentenceState, Source } from './types';
import { SENTENCES } from './words';

/** The sentence one looks at, by where it begins, and the source it is looked up in. */
export interface Chosen {
  at: number;
  evidence: Evidence;
}

interface Props {
  mail: Mail;
  chosen: Chosen | null;
  onChoose: (chosen: Chosen | null) => void;
}

const ORDER: SentenceState[] = ['verified', 'own', 'edited', 'marked'];

export function Letter({ mail, chosen, onChoose }: Props) {
  const pieces = piecesOf(mail.text, mail.sentences);
  const titles = new Map(mail.sources.map((source) => [source.number, source]));
  return (
    <div>
      <h2 className="mb-4 text-lg font-semibold break-words">{mail.subject || '(no subject)'}</h2>
      <div className="max-w-prose text-[15px] leading-7 break-words whitespace-pre-wrap">
        {pieces.map(({ start, text, sentence }) =>
          sentence ? (
            <Said key={start} sentence={sentence} isChosen={chosen?.at === start}>
              {sentence.sources.map((evidence) => (
                <Marker
                  key={`${evidence.number} ${evidence.quote}`}
                  evidence={evidence}
                  source={titles.get(evidence.number)}
                  isChosen={chosen?.at === start && chosen.evidence === evidence}
                  onClick={(isChosen) => onChoose(isChosen ? null : { at: start, evidence })}
                />
              ))}
            </Said>
          ) : (
            <Fragment key={start}>{text}</Fragment>
          ),
        )}
      </div>
      <Legend sentences={pieces.flatMap(({ sentence }) => (sentence ? [sentence] : []))} />
    </div>
  );
}

interface SaidProps {
  sentence: Sentence;
  isChosen: boolean;
  children: ReactNode;
}

function Said({ sentence, isChosen, children }: SaidProps) {
  if (sentence.state === 'marked')
    return (
      <mark
        title={SENTENCES.marked.help}
        className="bg-warning-soft text-ink underline decoration-warning decoration-wavy decoration-1 underline-offset-4"
      >
        {sentence.text}
        <span className="sr-only"> ({SENTENCES.marked.label})</span>
      </mark>
    );
  if (sentence.sources.length === 0) return sentence.text;
  const last = sentence.text.search(/\S+\s*$/);
  const look = classes('transition-colors', isChosen && 'rounded-sm bg-accent-soft box-decoration-clone');
  return (
    <>
      <span className={look}>{sentence.text.slice(0, last)}</span>
      {/* The numbers stay on the line of what they belong to. */}
      <span className="whitespace-nowrap">
        <span className={look}>{sentence.text.slice(last)}</span>
        {children}
      </span>
    </>
  );
}

interface MarkerProps {
  evidence: Evidence;
  source: Source | undefined;
  isChosen: boolean;
  onClick: (isChosen: boolean) => void;
}

function Marker({ evidence, source, isChosen, onClick }: MarkerProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      aria-label={`Source ${evidence.number}${source?.title ? `: ${source.title}` : ''}`}
      title={source?.title}
      onClick={() => onClick(isChosen)}
      className="mx-0.5 inline-flex h-6 min-w-6 items-center justify-center rounded-full bg-success-soft px-1.5 align-baseline text-xs leading-none font-semibold text-success tabular-nums hover:bg-accent-soft hover:text-accent-strong aria-pressed:bg-accent aria-pressed:text-accent-ink"
    >
      {evidence.number}
    </button>
  );
}

/** How many sentences rest on what; plain ones need nothing and are not counted. */
function Legend({ sentences }: { sentences: Sentence[] }) {
  const counted = ORDER.map((state) => ({ state, count: sentences.filter((one) => one.state === state).length }));
  if (counted.every(({ count }) => count === 0)) return null;
  return (
    <ul aria-label="What the sentences rest on" className="mt-6 flex flex-col gap-1 border-t border-line pt-4 text-xs">
      {counted.map(({ state, count }) =>
        count ? (
          <li key={state} className="flex items-baseline gap-2">
            <span aria-hidden="true" className={classes('size-2 shrink-0 rounded-full', DOTS[state])} />
            <span>
              <span className="font-medium">
                {count} {SENTENCES[state].label.toLowerCase()}.
              </span>{' '}
              <span className="text-ink-muted">{SENTENCES[state].help}</span>
            </span>
          </li>
        ) : null,
      )}
    </ul>
  );
}

const DOTS: Record<SentenceState, string> = {
  verified: 'bg-success',
  own: 'bg-accent',
  edited: 'bg-line-strong',
  marked: 'bg-warning',
  plain: 'bg-line',
};
