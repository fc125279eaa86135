// What a search found, with the open conversation beside it.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useLabels } from '@/mail/labels';
import { listFor } from '@/mail/lists';
import { useAccounts } from '@/mail/mailboxes';
import { read } from '@/mail/searching';
import { useTitle } from '@/shell/PageFrame';
import { ConversationView } from './ConversationView';
import { ControlContext } from './control';
import { ListPane } from './ListPane';
import { Panes } from './Panes';
import { useListControl } from './useListControl';

const NONE: never[] = [];

export default function SearchPage() {
  const { q, thread = null } = useSearch({ from: '/signed-in/mail/search' });
  const [own] = useAccounts();
  const labels = useLabels();
  const navigate = useNavigate();
  const mailboxes = own?.mailboxes ?? NONE;
  const accountId = own?.id ?? '';
  // The folders' counts change all the time; the filter only needs their names.
  const names = mailboxes.map((one) => `${one.id} ${one.name} ${one.role}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `names` stands for the mailboxes
  const asked = useMemo(() => read(q, mailboxes, labels), [q, names, labels]);
  const list = useMemo(() => listFor({ accountId, mailboxId: null, filter: asked.filter }), [accountId, asked]);
  const open = useCallback(
    (threadId: string | null) =>
      void navigate({
        to: '/search',
        search: threadId ? { q, thread: threadId } : { q },
        replace: thread !== null && threadId !== null,
      }),
    [navigate, q, thread],
  );
  const control = useListControl({ list, place: null, mailboxes, openThread: thread, open });
  useTitle(`Search: ${q}`);
  return (
    <ControlContext value={control}>
      <Panes
        list={
          <ListPane
            title={q === 'is:starred' ? 'Starred' : `Search: ${q}`}
            note={
              asked.problems.length ? (
                <p role="alert" className="border-b border-line bg-warning-soft px-4 py-2 text-warning">
                  {asked.problems.join(' ')}
                </p>
              ) : null
            }
          />
        }
        reader={thread ? <ConversationView key={thread} accountId={accountId} threadId={thread} /> : null}
      />
    </ControlContext>
  );
}
