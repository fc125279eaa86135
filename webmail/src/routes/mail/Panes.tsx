// The list and the reader side by side; on a narrow screen one of them at a time.
import { MailOpen } from 'lucide-react';
import { type ReactNode, Suspense } from 'react';
import { classes } from '@/ui/classes';
import { EmptyState } from '@/ui/EmptyState';
import { Loading } from '@/ui/Spinner';
import { ActionDialogs } from './ActionDialogs';
import { ListShortcuts } from './ListShortcuts';

export function Panes({ list, reader }: { list: ReactNode; reader: ReactNode | null }) {
  return (
    <main className="flex min-w-0 flex-1 print:block">
      <section
        id="list"
        aria-label="Conversations"
        className={classes(
          'no-print min-w-0 flex-1 flex-col border-line bg-surface lg:flex lg:max-w-[440px] lg:flex-none lg:basis-[40%] lg:border-r',
          reader ? 'hidden' : 'flex',
        )}
      >
        {list}
      </section>
      <section
        aria-label="Conversation"
        className={classes('min-w-0 flex-1 flex-col lg:flex print:block', reader ? 'flex' : 'hidden')}
      >
        {reader ? (
          <Suspense fallback={<Loading label="Loading conversation" />}>{reader}</Suspense>
        ) : (
          <EmptyState icon={<MailOpen aria-hidden="true" />} title="No conversation is open">
            Choose one from the list. Press ? for keyboard shortcuts.
          </EmptyState>
        )}
      </section>
      <ListShortcuts />
      <ActionDialogs />
    </main>
  );
}
