// What a letter rests on: its sources, and one of them as it was when it was read, with the quoted places lit.
import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, BookOpen, ExternalLink, FileText, Globe } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Loaded } from '@/account/Panel';
import { asSentence } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { copyQuery } from './api';
import { stretchesOf } from './pieces';
import type { Evidence, Mail, Source, StoredCopy } from './types';
import { hostOf, isLink } from './words';

const ICONS = { web: Globe, paper: BookOpen, file: FileText };

/** What the letter quotes; the rest that was read stands below, closed. */
export function SourceList({ mail, onOpen }: { mail: Mail; onOpen: (number: number) => void }) {
  const quoted = new Set(mail.sentences.flatMap(({ sources }) => sources.map(({ number }) => number)));
  const used = mail.sources.filter(({ number }) => quoted.has(number));
  const others = mail.sources.filter(({ number }) => !quoted.has(number));
  return (
    <div className="flex flex-col gap-3">
      <Some sources={used} onOpen={onOpen} />
      {others.length > 0 ? (
        <details open={used.length === 0}>
          <summary className="cursor-pointer text-ink-muted">
            {others.length === 1
              ? 'One more was read and not quoted'
              : `${others.length} more were read and not quoted`}
          </summary>
          <div className="mt-2">
            <Some sources={others} onOpen={onOpen} />
          </div>
        </details>
      ) : null}
    </div>
  );
}

function Some({ sources, onOpen }: { sources: Source[]; onOpen: (number: number) => void }) {
  if (sources.length === 0)
    return (
      <p className="text-ink-muted">
        None. The letter rests on your own words alone, or on nothing that can be checked.
      </p>
    );
  return (
    <ol className="-mx-2 flex flex-col">
      {sources.map((source) => {
        const Icon = ICONS[source.kind];
        return (
          <li key={source.number}>
            <button
              type="button"
              onClick={() => onOpen(source.number)}
              className="flex w-full items-start gap-3 rounded-md px-2 py-2 text-left hover:bg-hover"
            >
              <span className="mt-0.5 inline-flex h-6 min-w-6 shrink-0 items-center justify-center rounded-full bg-sunken px-1.5 text-xs font-semibold tabular-nums">
                {source.number}
              </span>
              <span className="min-w-0 flex-1">
                <span className="block font-medium break-words">{source.title || hostOf(source.url)}</span>
                <span className="flex items-start gap-x-2 text-xs text-ink-muted [&_svg]:mt-px [&_svg]:size-3.5 [&_svg]:shrink-0">
                  <Icon aria-hidden="true" />
                  <span className="min-w-0 wrap-anywhere">{nature(source)}</span>
                </span>
              </span>
              {source.about === 'recipient' ? null : <AboutBadge about={source.about} />}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function nature({ kind, url, author, published }: Source): string {
  const from = kind === 'file' ? 'a file you gave' : hostOf(url);
  return [from, author, published.slice(0, 10)].filter(Boolean).join(' · ');
}

function AboutBadge({ about }: { about: Source['about'] }) {
  return about === 'other' ? <Badge tone="warning">Somebody else</Badge> : <Badge>Not certain</Badge>;
}

interface Props {
  mail: Mail;
  number: number;
  /** The place one came for; absent: the first that is quoted. */
  evidence?: Evidence | undefined;
  /** Back to the list; absent where it stands in a dialog. */
  onBack?: () => void;
}

export function OneSource({ mail, number, evidence, onBack }: Props) {
  const timeZone = useTimeZone();
  const source = mail.sources.find((one) => one.number === number);
  const copy = useQuery(copyQuery(mail.id, number));
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3">
      {onBack ? (
        <div>
          <Button size="small" look="quiet" className="-ml-3" icon={<ArrowLeft aria-hidden="true" />} onClick={onBack}>
            All sources
          </Button>
        </div>
      ) : null}
      {source ? (
        <div>
          <h3 className="font-semibold break-words">
            {number}. {source.title || hostOf(source.url)}
          </h3>
          <p className="flex flex-wrap items-center gap-x-2 text-xs text-ink-muted">
            <span className="min-w-0 wrap-anywhere">{nature(source)}</span>
            {source.about === 'recipient' ? null : <AboutBadge about={source.about} />}
          </p>
          {source.because ? (
            <p className="mt-1 text-xs break-words text-ink-muted">{asSentence(source.because)}</p>
          ) : null}
          {isLink(source.url) ? (
            <a
              href={source.url}
              target="_blank"
              rel="noopener noreferrer nofollow"
              className="mt-1 inline-flex items-center gap-1 text-xs text-accent underline underline-offset-2"
            >
              Open the page as it is now <ExternalLink size={12} aria-hidden="true" />
            </a>
          ) : null}
        </div>
      ) : null}
      {evidence ? (
        <blockquote className="border-l-2 border-success pl-3 break-words text-ink">“{evidence.quote}”</blockquote>
      ) : null}
      <Loaded of={copy} what="copy">
        {(found) => (
          <Copy
            key={`${number} ${evidence?.quote ?? ''}`}
            copy={found}
            quote={evidence?.quote ?? ''}
            label={`Source ${number} as it was read${source?.fetched_at ? `, ${formatTime(source.fetched_at, timeZone)}` : ''}`}
          />
        )}
      </Loaded>
    </div>
  );
}

function Copy({ copy, quote, label }: { copy: StoredCopy; quote: string; label: string }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    const within = box.current;
    const place = within?.querySelector<HTMLElement>('[data-chosen]') ?? within?.querySelector<HTMLElement>('mark');
    // Not scrollIntoView: the page itself stays where it is.
    if (within && place) within.scrollTop = place.offsetTop - within.clientHeight / 3;
  }, []);
  return (
    <figure className="flex min-h-0 flex-1 flex-col gap-1">
      <figcaption className="text-xs text-ink-muted">{label}</figcaption>
      <section
        ref={box}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="relative max-h-[60vh] min-h-24 overflow-y-auto rounded-md border border-line bg-canvas p-3 text-[13px] leading-6 break-words whitespace-pre-wrap"
      >
        {stretchesOf(copy, quote).map(({ start, text, quoted, chosen }) =>
          quoted ? (
            <mark
              key={start}
              {...(chosen ? { 'data-chosen': true } : {})}
              className={classes(
                'rounded-sm box-decoration-clone text-ink',
                chosen ? 'bg-success-soft ring-2 ring-success' : 'bg-success-soft',
              )}
            >
              {text}
            </mark>
          ) : (
            <span key={start}>{text}</span>
          ),
        )}
      </section>
    </figure>
  );
}
