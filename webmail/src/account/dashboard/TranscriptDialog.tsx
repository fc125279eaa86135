// What was sent to a model in one call and what it answered: for reading, and as the exact JSON.
import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useState } from 'react';
import { Loaded } from '@/account/Panel';
import { asSentence } from '@/api/rest';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { Dialog } from '@/ui/Dialog';
import { Tabs } from '@/ui/Tabs';
import { copyText } from '../copy';
import { formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { sentence } from './api';
import { answerTurns, type Transcript, type Turn, transcriptQuery, turnTitle } from './calls';

const LONG = 700; // characters of a turn that are shown before one asks for all

export function TranscriptDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const transcript = useQuery(transcriptQuery(id));
  const timeZone = useTimeZone();
  const call = transcript.data?.call;
  return (
    <Dialog
      open
      onClose={onClose}
      title="What was sent"
      width="wide"
      {...(call
        ? {
            description: `To ${call.model}, ${formatTime(call.at, timeZone)}. For: ${sentence(call.purpose).toLowerCase()}.`,
          }
        : {})}
    >
      <Loaded of={transcript} what="transcript">
        {(found) => (found.because ? <p>{asSentence(found.because)}</p> : <Content transcript={found} />)}
      </Loaded>
    </Dialog>
  );
}

function Content({ transcript }: { transcript: Transcript }) {
  return (
    <div className="flex flex-col gap-4">
      <p className="rounded-md bg-accent-soft px-4 py-3">
        Personal data (numbers of cards and accounts, phone numbers, passwords and the like) stands here as
        placeholders, such as <code className="whitespace-nowrap">CARD-1-x7k2m9q4</code>: that is what travelled. The
        model did not see what they stand for.
      </p>
      <Tabs
        label="What was sent"
        tabs={[
          { id: 'read', label: 'To read', content: <Reading transcript={transcript} /> },
          { id: 'exact', label: 'Exact JSON', content: <Exact transcript={transcript} /> },
        ]}
      />
    </div>
  );
}

function Reading({ transcript: { turns, tools, answered, raw, status } }: { transcript: Transcript }) {
  const answer = answerTurns(answered);
  return (
    <div className="flex flex-col gap-6">
      <section aria-labelledby="transcript-sent">
        <h3 id="transcript-sent" className="mb-2 font-semibold">
          Sent
        </h3>
        {turns.length === 0 ? (
          <p className="text-ink-muted">This cannot be laid out for reading. The exact JSON has it.</p>
        ) : (
          <Turns turns={turns} />
        )}
        {tools.length > 0 ? (
          <p className="mt-3 break-words text-ink-muted">Tools it might have called: {tools.join(', ')}.</p>
        ) : null}
      </section>
      <section aria-labelledby="transcript-answered">
        <h3 id="transcript-answered" className="mb-2 font-semibold">
          Answered
        </h3>
        {answer.length > 0 ? (
          <Turns turns={answer} />
        ) : (
          <p className="text-ink-muted">
            {raw === null
              ? 'Nothing came back.'
              : `No answer of a model came back${status ? ` (HTTP ${status})` : ''}:`}
          </p>
        )}
        {raw === null ? null : <Code label="What came back" text={raw} />}
      </section>
    </div>
  );
}

function Turns({ turns }: { turns: Turn[] }) {
  return (
    <ol className="flex flex-col gap-3">
      {turns.map((turn, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: turns have no other name and never move
        <OneTurn key={at} turn={turn} />
      ))}
    </ol>
  );
}

function OneTurn({ turn }: { turn: Turn }) {
  const [open, setOpen] = useState(false);
  const long = turn.text.length > LONG;
  const plain = turn.kind === 'text' || turn.kind === 'thinking';
  return (
    <li
      className={classes(
        'rounded-md border border-line px-4 py-3',
        turn.role === 'assistant' ? 'bg-accent-soft/40' : turn.role === 'system' ? 'bg-sunken' : 'bg-surface',
      )}
    >
      <h4 className="mb-1 text-xs font-medium text-ink-muted">{turnTitle(turn)}</h4>
      <div
        className={classes(
          'leading-relaxed break-words whitespace-pre-wrap',
          !plain && 'font-mono text-xs',
          turn.kind === 'thinking' && 'text-ink-muted italic',
        )}
      >
        {long && !open ? `${turn.text.slice(0, LONG)} …` : turn.text}
      </div>
      {long ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="mt-2 rounded font-medium text-accent underline underline-offset-2"
        >
          {open ? 'Show less' : `Show all ${turn.text.length.toLocaleString()} characters`}
        </button>
      ) : null}
    </li>
  );
}

function Exact({ transcript: { sent, answered, raw, status, format } }: { transcript: Transcript }) {
  const asked = JSON.stringify(sent, null, 2);
  const answer = raw ?? JSON.stringify(answered, null, 2);
  return (
    <div className="flex flex-col gap-6">
      <WithCopy title={`Sent${format ? ` (${format})` : ''}`} text={asked} />
      <WithCopy title={`Answered${status ? ` (HTTP ${status})` : ''}`} text={answer} />
    </div>
  );
}

function WithCopy({ title, text }: { title: string; text: string }) {
  return (
    <section aria-label={title}>
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-semibold">{title}</h3>
        <Button
          size="small"
          icon={<Copy aria-hidden="true" />}
          aria-label={`Copy: ${title}`}
          onClick={() => void copyText(text, 'Copied')}
        >
          Copy
        </Button>
      </div>
      <Code label={`JSON: ${title}`} text={text} />
    </section>
  );
}

function Code({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a preformatted text that scrolls, and is named for who cannot see it
    <pre
      role="region"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-[50dvh] overflow-auto rounded-md bg-sunken p-4 font-mono text-xs break-words whitespace-pre-wrap"
    >
      {text}
    </pre>
  );
}
