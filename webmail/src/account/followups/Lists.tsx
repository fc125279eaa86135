// What is open, by when it wants one, and what is over.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { AlarmClockCheck } from 'lucide-react';
import { Failed, Panel } from '@/account/Panel';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { Loading } from '@/ui/Spinner';
import { useTimeZone } from '../preferences';
import { endedQuery, openQuery } from './api';
import { OneFollowup } from './OneFollowup';
import { grouped } from './words';

export function OpenOnes({ onOpen, onAdd }: { onOpen: (id: string) => void; onAdd: () => void }) {
  const timeZone = useTimeZone();
  const open = useQuery(openQuery);
  if (open.isError) return <Failed what="follow-ups" reason={open.error.message} onRetry={() => void open.refetch()} />;
  if (open.data === undefined) return <Loading label="Loading follow-ups" />;
  if (open.data.length === 0)
    return (
      <EmptyState icon={<AlarmClockCheck aria-hidden="true" />} title="Nothing waits.">
        <p>Write to the concierge, press t on a message, or add one here.</p>
        <Button look="primary" onClick={onAdd}>
          Add a follow-up
        </Button>
      </EmptyState>
    );
  return (
    <div className="flex flex-col gap-4">
      {grouped(open.data, timeZone).map(([group, some]) => (
        <Panel key={group} title={group === 'When?' ? 'When is that?' : group}>
          <ul className="-mx-2 divide-y divide-line">
            {some.map((one) => (
              <OneFollowup key={one.id} followup={one} onOpen={onOpen} />
            ))}
          </ul>
        </Panel>
      ))}
    </div>
  );
}

export function EndedOnes({ onOpen }: { onOpen: (id: string) => void }) {
  const ended = useInfiniteQuery(endedQuery);
  const found = ended.data?.pages.flatMap((page) => page.followups);
  if (ended.isError)
    return <Failed what="follow-ups" reason={ended.error.message} onRetry={() => void ended.refetch()} />;
  if (found === undefined) return <Loading label="Loading follow-ups" />;
  if (found.length === 0)
    return <EmptyState icon={<AlarmClockCheck aria-hidden="true" />} title="Nothing is over yet." />;
  return (
    <Panel title="Over">
      <ul className="-mx-2 divide-y divide-line">
        {found.map((one) => (
          <OneFollowup key={one.id} followup={one} onOpen={onOpen} />
        ))}
      </ul>
      {ended.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={ended.isFetchingNextPage} onClick={() => void ended.fetchNextPage()}>
            Show earlier ones
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}
