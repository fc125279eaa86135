// The models that were asked: a table beside a task, a short list beside a message; each call leads to what was sent.
import { ScanText } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/ui/Button';
import { formatCost, formatDuration } from '../format';
import { sentence } from './api';
import type { Call } from './calls';
import { TranscriptDialog } from './TranscriptDialog';

export function ModelCallTable({ calls }: { calls: Call[] }) {
  const [shown, setShown] = useState<string | null>(null);
  return (
    <>
      <section
        aria-label="Table of model calls"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse must be able to scroll it
        tabIndex={0}
        className="overflow-x-auto rounded-md border border-line max-md:hidden"
      >
        <table className="w-full text-left">
          <thead className="text-xs text-ink-muted">
            <tr className="border-b border-line [&>th]:px-3 [&>th]:py-2 [&>th]:font-medium">
              <th scope="col">For</th>
              <th scope="col">Model</th>
              <th scope="col" className="text-right">
                Tokens in
              </th>
              <th scope="col" className="text-right">
                out
              </th>
              <th scope="col" className="text-right">
                Cost
              </th>
              <th scope="col" className="text-right">
                Time
              </th>
              <th scope="col">Outcome</th>
              <th scope="col">
                <span className="sr-only">What was sent</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {calls.map((call) => (
              <tr key={call.id} className="border-b border-line tabular-nums last:border-0 [&>td]:px-3 [&>td]:py-2">
                <td>{sentence(call.purpose)}</td>
                <td className="whitespace-nowrap">{call.model}</td>
                <td className="text-right">{call.input_tokens.toLocaleString()}</td>
                <td className="text-right">{call.output_tokens.toLocaleString()}</td>
                <td className="text-right">{formatCost(call.cost_usd)}</td>
                <td className="text-right whitespace-nowrap">{formatDuration(call.seconds)}</td>
                <td className="whitespace-nowrap">{sentence(call.outcome)}</td>
                <td className="text-right">
                  <WhatWasSent call={call} onShow={setShown} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div className="md:hidden">
        <CallList calls={calls} onShow={setShown} />
      </div>
      {shown ? <TranscriptDialog id={shown} onClose={() => setShown(null)} /> : null}
    </>
  );
}

export function ModelCallList({ calls }: { calls: Call[] }) {
  const [shown, setShown] = useState<string | null>(null);
  return (
    <>
      <CallList calls={calls} onShow={setShown} />
      {shown ? <TranscriptDialog id={shown} onClose={() => setShown(null)} /> : null}
    </>
  );
}

function CallList({ calls, onShow }: { calls: Call[]; onShow: (id: string) => void }) {
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {calls.map((call) => (
        <li key={call.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-3 py-2">
          <div className="min-w-0 flex-1 basis-48">
            <p className="font-medium break-words">{call.model}</p>
            <p className="text-xs text-ink-muted tabular-nums">
              {sentence(call.purpose)} · {sentence(call.outcome)} · {formatDuration(call.seconds)} ·{' '}
              {formatCost(call.cost_usd)} · {(call.input_tokens + call.output_tokens).toLocaleString()} tokens
            </p>
          </div>
          <WhatWasSent call={call} onShow={onShow} />
        </li>
      ))}
    </ul>
  );
}

function WhatWasSent({ call, onShow }: { call: Call; onShow: (id: string) => void }) {
  if (!call.has_transcript) return null;
  return (
    <Button
      size="small"
      icon={<ScanText aria-hidden="true" />}
      aria-label={`What was sent to ${call.model}`}
      onClick={() => onShow(call.id)}
    >
      What was sent
    </Button>
  );
}
