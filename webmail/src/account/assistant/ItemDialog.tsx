// One mail as the assistant sees it: what it is and why, the draft with what supports it, the rule that fits, and what happened.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '@/account/Panel';
import { ApiError, api, asSentence } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { toast, toastError } from '@/ui/Toast';
import { formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { ASSISTANT, type Claim, type ItemInFull, itemPath, itemQuery } from './api';
import { CorrectMenu } from './CorrectMenu';
import { decidedBy, draftBadge, ruleInWords, sentence, supportOf, sureness } from './words';

export function ItemDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const item = useQuery(itemQuery(id));
  const client = useQueryClient();
  const [told, setTold] = useState('');
  const act = useMutation({
    mutationFn: (verb: 'redraft' | 'discard') => api.post(itemPath(id, verb)),
    onSuccess: (_answer, verb) =>
      toast({ text: verb === 'redraft' ? 'A new draft is being written.' : 'The draft is discarded.' }),
    onError: (failure) => {
      // 409: the draft was edited, or the mail answered, meanwhile. Neither is a fault.
      if (failure instanceof ApiError && failure.status === 409) setTold(failure.message);
      else toastError(failure);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ASSISTANT }),
  });
  const found = item.data;
  const waiting = found?.draft.state === 'made';
  return (
    <Dialog
      open
      onClose={onClose}
      title={found ? found.subject || '(no subject)' : 'Mail'}
      width="wide"
      footer={
        <>
          {waiting ? (
            <Button
              look="danger"
              busy={act.isPending && act.variables === 'discard'}
              disabled={act.isPending}
              onClick={() => act.mutate('discard')}
            >
              Discard the draft
            </Button>
          ) : null}
          {found && found.category === 'needs_reply' && found.draft.state !== 'sent' ? (
            <Button
              busy={act.isPending && act.variables === 'redraft'}
              disabled={act.isPending}
              onClick={() => act.mutate('redraft')}
            >
              {found.draft.state === null || found.draft.state === 'none' ? 'Draft a reply' : 'Draft anew'}
            </Button>
          ) : null}
          <Button look="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      {told ? (
        <p role="status" className="mb-4 rounded-md bg-warning-soft px-4 py-3">
          {told}
        </p>
      ) : null}
      <Loaded of={item} what="mail">
        {(one) => <Content item={one} />}
      </Loaded>
    </Dialog>
  );
}

function Content({ item }: { item: ItemInFull }) {
  const who = decidedBy(item);
  const sure = sureness(item);
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-2">
        <p className="break-words text-ink-muted">
          From {item.sender.name ? `${item.sender.name} <${item.sender.address}>` : item.sender.address}
        </p>
        <div className="flex flex-wrap items-center gap-2">
          <CorrectMenu item={item} />
        </div>
        {item.because ? (
          <p className="break-words">
            {asSentence(item.because)}
            {who ? <span className="text-ink-muted"> · said by {who}</span> : null}
            {sure ? <span className="text-ink-muted">, {sure}</span> : null}
          </p>
        ) : null}
        {item.rule ? <p className="text-xs break-words text-ink-muted">Your rule: {ruleInWords(item.rule)}</p> : null}
      </div>
      <DraftPart item={item} />
      {item.history.length > 0 ? <History item={item} /> : null}
    </div>
  );
}

function DraftPart({ item }: { item: ItemInFull }) {
  const { draft } = item;
  const badge = draftBadge(draft);
  if (draft.state === null && !draft.because) return null;
  return (
    <section aria-label="Draft" className="flex flex-col gap-3">
      <h3 className="flex items-center gap-2 font-semibold">
        Draft {badge ? <Badge tone={badge.tone}>{badge.label}</Badge> : null}
      </h3>
      {draft.because ? <p className="break-words text-ink-muted">{asSentence(draft.because)}</p> : null}
      {draft.text ? (
        <div className="rounded-md border border-line bg-sunken px-4 py-3 break-words whitespace-pre-wrap">
          {draft.text}
        </div>
      ) : null}
      {draft.checked.length > 0 ? <Claims claims={draft.checked} /> : null}
    </section>
  );
}

function Claims({ claims }: { claims: Claim[] }) {
  return (
    <div>
      <h4 className="text-xs text-ink-muted">What it says that must be true</h4>
      <ul className="mt-1 divide-y divide-line">
        {claims.map((claim, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they have no names, and the list never changes while it is shown
          <li key={at} className="flex flex-wrap items-baseline justify-between gap-x-4 py-2">
            <span className="break-words">
              {claim.text} <span className="text-xs text-ink-muted">{claim.kind}</span>
            </span>
            <span className="flex items-baseline gap-2 text-xs text-ink-muted">
              {claim.source ? <q className="max-w-xs truncate">{claim.source}</q> : null}
              <Badge tone={claim.support ? 'success' : 'warning'}>{supportOf(claim.support)}</Badge>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function History({ item }: { item: ItemInFull }) {
  const timeZone = useTimeZone();
  return (
    <details>
      <summary className="cursor-pointer text-ink-muted">What happened</summary>
      <ol className="mt-2 flex flex-col gap-1 text-xs text-ink-muted">
        {item.history.map((each, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows at its end
          <li key={at} className="break-words">
            {formatTime(each.at, timeZone)} · {sentence(each.stage || each.status)}
            {each.detail ? `: ${each.detail}` : ''}
          </li>
        ))}
      </ol>
    </details>
  );
}
