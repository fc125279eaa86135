// Every mail that was written: found by words, kind and standing; deleted ones can come back.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { MailSearch, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { Select, TextField } from '@/ui/Field';
import { IconButton } from '@/ui/IconButton';
import { Loading } from '@/ui/Spinner';
import { formatTime } from '../format';
import { Failed, Panel } from '../Panel';
import { useTimeZone } from '../preferences';
import { batchesQuery, type MailFilter, mailsQuery } from './api';
import { useDeleting, useMailVerb } from './MailActions';
import type { MailRow } from './types';
import { useSettled } from './useSettled';
import { badgeOf, STATUSES, TYPES } from './words';

const ANY: MailFilter = { q: '', type: '', confident: '', status: '', batch: '', deleted: false };

export function Mails({ onOpen, onWrite }: { onOpen: (id: string) => void; onWrite: () => void }) {
  const [filter, setFilter] = useState(ANY);
  const q = useSettled(filter.q.trim());
  const mails = useInfiniteQuery(mailsQuery({ ...filter, q }));
  const batches = useQuery(batchesQuery).data ?? [];
  const found = mails.data?.pages.flatMap((page) => page.emails);
  const change = (some: Partial<MailFilter>) => setFilter({ ...filter, ...some });
  const isAny = Object.entries(ANY).every(([name, value]) => filter[name as keyof MailFilter] === value);
  return (
    <Panel title={filter.deleted ? 'Deleted mails' : 'Mails'}>
      <search className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-4 lg:grid-cols-6">
        <TextField
          label="Find"
          type="search"
          className="col-span-2"
          placeholder="Name, address, subject, words"
          value={filter.q}
          onChange={(event) => change({ q: event.target.value })}
        />
        <Select
          label="Kind"
          value={filter.type}
          onChange={(type) => change({ type })}
          options={[
            { value: '', label: 'Every kind' },
            ...Object.entries(TYPES).map(([value, label]) => ({ value, label })),
          ]}
        />
        <Select
          label="Standing"
          value={filter.status}
          onChange={(status) => change({ status })}
          options={[
            { value: '', label: 'Any' },
            ...Object.entries(STATUSES).map(([value, { label }]) => ({ value, label })),
          ]}
        />
        <Select
          label="Checked"
          value={filter.confident}
          onChange={(confident) => change({ confident })}
          options={[
            { value: '', label: 'All' },
            { value: 'true', label: 'Sure' },
            { value: 'false', label: 'To be looked at' },
          ]}
        />
        {batches.length > 0 ? (
          <Select
            label="Batch"
            value={filter.batch}
            onChange={(batch) => change({ batch })}
            options={[
              { value: '', label: 'All' },
              ...batches.map(({ id, name }) => ({ value: id, label: name || 'Without a name' })),
            ]}
          />
        ) : null}
      </search>
      {found === undefined ? (
        mails.isError ? (
          <Failed what="mails" reason={mails.error.message} onRetry={() => void mails.refetch()} />
        ) : (
          <Loading label="Loading mails" />
        )
      ) : found.length === 0 ? (
        isAny ? (
          <EmptyState icon={<MailSearch aria-hidden="true" />} title="Nothing was written yet.">
            <Button look="primary" onClick={onWrite}>
              Write the first one
            </Button>
          </EmptyState>
        ) : (
          <EmptyState icon={<MailSearch aria-hidden="true" />} title="Nothing fits.">
            <Button onClick={() => setFilter(ANY)}>Show all</Button>
          </EmptyState>
        )
      ) : (
        <ul className="-mx-2 divide-y divide-line">
          {found.map((mail) => (
            <OneMail key={mail.id} mail={mail} onOpen={onOpen} />
          ))}
        </ul>
      )}
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        {mails.hasNextPage ? (
          <Button busy={mails.isFetchingNextPage} onClick={() => void mails.fetchNextPage()}>
            Show earlier mails
          </Button>
        ) : null}
        <Button look="quiet" onClick={() => change({ deleted: !filter.deleted })}>
          {filter.deleted ? 'Back to the others' : 'Show deleted ones'}
        </Button>
      </div>
    </Panel>
  );
}

function OneMail({ mail, onOpen }: { mail: MailRow; onOpen: (id: string) => void }) {
  const timeZone = useTimeZone();
  const deleting = useDeleting();
  const verb = useMailVerb();
  const badge = badgeOf(mail);
  const told = mail.status === 'FAILED' ? mail.error : mail.preview;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-2 py-3 hover:bg-hover">
      <button type="button" onClick={() => onOpen(mail.id)} className="min-w-0 flex-1 basis-64 text-left">
        <span className="block truncate">
          <span className="font-medium">{mail.recipient_name}</span>
          {mail.subject ? <span> · {mail.subject}</span> : null}
        </span>
        <span className="block truncate text-xs text-ink-muted">{told || mail.recipient_interest}</span>
      </button>
      <span className="text-xs text-ink-muted">{formatTime(mail.created_at, timeZone)}</span>
      <span className="flex items-center gap-2">
        <Badge tone={badge.tone}>{badge.label}</Badge>
        {mail.deleted_at ? (
          <IconButton
            size="small"
            label={`Bring back: ${mail.recipient_name}`}
            icon={<Undo2 size={16} aria-hidden="true" />}
            onClick={() => verb.mutate({ id: mail.id, verb: 'restore' })}
          />
        ) : (
          <IconButton
            size="small"
            label={`Delete: ${mail.recipient_name}`}
            icon={<Trash2 size={16} aria-hidden="true" />}
            onClick={() => deleting.mutate(mail.id)}
          />
        )}
      </span>
    </li>
  );
}
