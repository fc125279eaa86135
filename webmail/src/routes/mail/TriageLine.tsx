// Above a mail the assistant has judged: what it is and because of what, a menu that corrects it, and the draft that waits.
import { useQuery } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { itemQuery } from '@/account/assistant/api';
import { CorrectMenu } from '@/account/assistant/CorrectMenu';
import { decidedBy, draftBadge, ORDER, sureness } from '@/account/assistant/words';
import type { Id, Keywords } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';

/** Whether the assistant, or its owner, said what the mail is. */
export function isTriaged(keywords: Keywords): boolean {
  return ORDER.some((category) => keywords[category]);
}

export function TriageLine({ accountId, emailId }: { accountId: Id; emailId: Id }) {
  // No item: somebody set the keyword by hand on a mail the assistant has never seen.
  const item = useQuery({ ...itemQuery(emailId), retry: false }).data;
  if (!item) return null;
  const draft = draftBadge(item.draft);
  const told = [item.because, decidedBy(item) && `said by ${decidedBy(item)}`, sureness(item)].filter(Boolean);
  const waits = item.draft.state === 'made' || item.draft.state === 'edited';
  return (
    <div className="no-print mx-4 mb-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md bg-sunken px-3 py-2 text-xs">
      <CorrectMenu item={item} />
      <span className="min-w-0 flex-1 basis-40 break-words text-ink-muted">{told.join(' · ')}</span>
      {draft ? <Badge tone={draft.tone}>{draft.label}</Badge> : null}
      {waits && item.draft.draft_id && item.source === 'mailbox' ? (
        <Button
          size="small"
          icon={<Pencil aria-hidden="true" />}
          onClick={() => openComposer({ kind: 'draft', accountId, emailId: item.draft.draft_id as Id })}
        >
          Open the draft
        </Button>
      ) : null}
    </div>
  );
}
