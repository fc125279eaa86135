// A mailbox: its list, and beside it (instead of it on a phone) the open conversation.
import { Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { FolderX } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import type { EmailFilter } from '@/api/jmap/types';
import { listFor } from '@/mail/lists';
import { find, useAccounts } from '@/mail/mailboxes';
import { nameOf, type Place } from '@/mail/tree';
import { useTitle } from '@/shell/PageFrame';
import { EmptyState } from '@/ui/EmptyState';
import { ControlContext } from './control';
import { ListPane, type Showing } from './ListPane';
import { Panes } from './Panes';
import { useListControl } from './useListControl';

export default function MailboxPage() {
  const { mailbox } = useParams({ strict: false });
  const place = find(useAccounts(), mailbox ?? 'inbox');
  if (!place) {
    return (
      <main className="flex-1">
        <EmptyState
          icon={<FolderX aria-hidden="true" />}
          title={mailbox === 'snoozed' ? 'Nothing is snoozed' : 'There is no such folder'}
        >
          {mailbox === 'snoozed'
            ? 'Snoozed conversations wait here until their time has come.'
            : 'It may have been deleted or renamed.'}
        </EmptyState>
      </main>
    );
  }
  return <Known key={`${place.accountId}/${place.id}`} place={place} />;
}

function Known({ place }: { place: Place }) {
  const { mailbox = 'inbox', thread = null } = useParams({ strict: false });
  const [showing, setShowing] = useState<Showing>('all');
  const accounts = useAccounts();
  const navigate = useNavigate();
  const { accountId, id } = place;
  const inbox = place.role === 'inbox';
  const list = useMemo(
    () => listFor({ accountId, mailboxId: id, filter: filterOf(id, showing), returnedFirst: inbox }),
    [accountId, id, showing, inbox],
  );
  const mailboxes = useMemo(() => accounts.find((one) => one.id === accountId)?.mailboxes ?? [], [accounts, accountId]);
  const open = useCallback(
    (threadId: string | null) => {
      if (threadId)
        void navigate({
          to: '/mail/$mailbox/$thread',
          params: { mailbox, thread: threadId },
          replace: thread !== null,
        });
      else void navigate({ to: '/mail/$mailbox', params: { mailbox } });
    },
    [navigate, mailbox, thread],
  );
  const control = useListControl({ list, place, mailboxes, openThread: thread, open });
  const unread = place.role === 'trash' || place.role === 'sent' ? 0 : place.unreadThreads;
  useTitle(unread ? `${nameOf(place)} (${unread})` : nameOf(place));
  return (
    <ControlContext value={control}>
      <Panes
        list={<ListPane title={nameOf(place)} showing={showing} onShowing={setShowing} />}
        reader={thread ? <Outlet /> : null}
      />
    </ControlContext>
  );
}

function filterOf(id: string, showing: Showing): EmailFilter {
  const here = { inMailbox: id };
  if (showing === 'unread') return { operator: 'AND', conditions: [here, { notKeyword: '$seen' }] };
  if (showing === 'starred') return { operator: 'AND', conditions: [here, { hasKeyword: '$flagged' }] };
  if (showing === 'attachments') return { operator: 'AND', conditions: [here, { hasAttachment: true }] };
  return here;
}
