// What it made of the mail: the newest first, by category or with a draft that waits; each is corrected here or opened.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Inbox, Star } from 'lucide-react';
import { useState } from 'react';
import { Failed, Panel } from '@/account/Panel';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { Select } from '@/ui/Field';
import { Loading } from '@/ui/Spinner';
import { formatAgo, formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { type Filter, type Item, itemsQuery, summaryQuery } from './api';
import { CorrectMenu } from './CorrectMenu';
import { CATEGORIES, draftBadge, ORDER } from './words';

type Choice = Filter['category'] | 'waiting' | 'all';
const CHOICES: { value: Choice; label: string }[] = [
  { value: 'all', label: 'Every mail' },
  ...ORDER.map((value) => ({ value, label: CATEGORIES[value].label })),
  { value: 'waiting', label: 'With a draft that waits' },
  { value: 'undecided', label: 'Not judged yet' },
];

export function Items({ onOpen }: { onOpen: (id: string) => void }) {
  const [choice, setChoice] = useState<Choice>('all');
  const today = useQuery(summaryQuery).data?.today;
  const category = choice === 'all' || choice === 'waiting' ? '' : choice;
  const items = useInfiniteQuery(itemsQuery({ category, draft: choice === 'waiting' ? 'waiting' : '', q: '' }));
  const found = items.data?.pages.flatMap((page) => page.items);
  return (
    <Panel
      title="What it made of your mail"
      description={
        today
          ? `Within a day: ${today.needs_reply} to answer, ${today.informational} to read, ${today.spam} spam.`
          : undefined
      }
      actions={<Select label="Show" hideLabel value={choice} onChange={setChoice} options={CHOICES} />}
    >
      {found === undefined ? (
        items.isError ? (
          <Failed what="mails" reason={items.error.message} onRetry={() => void items.refetch()} />
        ) : (
          <Loading label="Loading mails" />
        )
      ) : found.length === 0 ? (
        <EmptyState icon={<Inbox aria-hidden="true" />} title="Nothing here.">
          {choice === 'all' ? <p>What arrives from now on shows up here, seconds after it came.</p> : null}
        </EmptyState>
      ) : (
        <ul className="-mx-2 divide-y divide-line">
          {found.map((item) => (
            <OneItem key={item.id} item={item} onOpen={onOpen} />
          ))}
        </ul>
      )}
      {items.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={items.isFetchingNextPage} onClick={() => void items.fetchNextPage()}>
            Show earlier mails
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

function OneItem({ item, onOpen }: { item: Item; onOpen: (id: string) => void }) {
  const timeZone = useTimeZone();
  const draft = draftBadge(item.draft);
  const who = item.sender.name || item.sender.address;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md px-2 py-3 hover:bg-hover">
      <button type="button" onClick={() => onOpen(item.id)} className="min-w-0 flex-1 basis-64 text-left">
        <span className="flex items-center gap-2">
          {item.vip ? <Star size={14} className="shrink-0 text-star" fill="currentColor" aria-label="VIP" /> : null}
          <span className="truncate font-medium">{item.subject || '(no subject)'}</span>
        </span>
        <span className="block truncate text-xs text-ink-muted">
          {who}
          {item.because ? ` · ${item.because}` : ''}
        </span>
      </button>
      <span className="text-xs text-ink-muted" title={formatAgo(item.received_at)}>
        {formatTime(item.received_at, timeZone)}
      </span>
      <span className="flex flex-wrap items-center gap-2 md:w-64 md:justify-end">
        {draft ? <Badge tone={draft.tone}>{draft.label}</Badge> : null}
        <CorrectMenu item={item} />
      </span>
    </li>
  );
}
