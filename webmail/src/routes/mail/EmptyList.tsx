// What stands in an empty list.
import { SearchX } from 'lucide-react';
import type { MailboxRole } from '@/api/jmap/types';
import { EmptyState } from '@/ui/EmptyState';
import { Icon } from './FolderLine';

const TEXTS: Partial<Record<MailboxRole, [string, string]>> = {
  inbox: ['The inbox is empty', 'New mail appears here by itself.'],
  drafts: ['No drafts', 'What you begin to write is kept here.'],
  sent: ['Nothing was sent yet', 'What you send is kept here.'],
  archive: ['The archive is empty', 'Archive what is done with to keep it without seeing it.'],
  junk: ['No junk', 'What looks like junk arrives here.'],
  trash: ['The trash is empty', 'What you delete is here until it is removed for good.'],
  snoozed: ['Nothing is snoozed', 'Snoozed conversations wait here until their time has come.'],
};

export function EmptyList({
  role,
  search,
  filtered,
}: {
  role: MailboxRole | null;
  search: boolean;
  filtered: boolean;
}) {
  if (search) {
    return (
      <EmptyState icon={<SearchX aria-hidden="true" />} title="Nothing was found">
        Fewer words find more. Junk and Trash are searched only with in:anywhere.
      </EmptyState>
    );
  }
  const [title, text] = filtered
    ? ['Nothing matches', 'The folder has other messages.']
    : ((role && TEXTS[role]) ?? ['The folder is empty', 'Move conversations here to keep them together.']);
  return (
    <EmptyState icon={<Icon role={role} />} title={title}>
      {text}
    </EmptyState>
  );
}
