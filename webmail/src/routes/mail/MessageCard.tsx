// One message of a conversation: a line while closed; open, its head, its text, its files, and what can be done with it.
import { Forward, Pencil, Reply, ReplyAll, Star } from 'lucide-react';
import { memo, useEffect, useRef } from 'react';
import { useDisplay } from '@/account/preferences';
import type { Email, Id } from '@/api/jmap/types';
import { useSession } from '@/api/session';
import { openComposer } from '@/compose/open';
import { change } from '@/mail/changing';
import { short } from '@/mail/dates';
import { RETURNED } from '@/mail/lists';
import { displayName } from '@/mail/people';
import { rowOf, useRow } from '@/mail/store';
import { Avatar } from '@/ui/Avatar';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { IconButton } from '@/ui/IconButton';
import { Attachments } from './Attachments';
import { MessageBody } from './MessageBody';
import { MessageHead } from './MessageHead';
import { MessageMenu } from './MessageMenu';
import { isTriaged, TriageLine } from './TriageLine';

const READ_AFTER_MS = { 'at-once': 0, 'after-two-seconds': 1_500, 'by-hand': null };

interface Props {
  accountId: Id;
  email: Email;
  open: boolean;
  onToggle: (id: Id) => void;
  last: boolean;
}

export const MessageCard = memo(function MessageCard({ accountId, email, open, onToggle, last }: Props) {
  const row = useRow(email.id) ?? email;
  const card = useRef<HTMLElement>(null);
  const own = useSession().user.email;
  const sender = email.from?.[0];
  const draft = row.keywords.$draft === true;
  const unread = !row.keywords.$seen && !draft;
  useMarkRead(card, accountId, email.id, open && unread);
  const compose = (kind: 'reply' | 'reply-all' | 'forward') => openComposer({ kind, accountId, emailId: email.id });
  const others = (email.to?.length ?? 0) + (email.cc?.length ?? 0) > 1;

  if (!open) {
    return (
      <article className="rounded-lg border border-line bg-surface print:hidden">
        <button
          type="button"
          aria-expanded="false"
          onClick={() => onToggle(email.id)}
          className="flex w-full items-center gap-3 rounded-lg px-4 py-3 text-left hover:bg-hover"
        >
          <Avatar size="small" name={displayName(sender)} address={sender?.email ?? ''} />
          <span className={classes('w-36 shrink-0 truncate', unread && 'font-semibold')}>{displayName(sender)}</span>
          {draft ? <Badge tone="warning">Draft</Badge> : null}
          <span className="hidden min-w-0 flex-1 truncate text-ink-muted sm:block">{email.preview}</span>
          <time dateTime={email.receivedAt} className="ml-auto shrink-0 text-xs text-ink-muted tabular-nums">
            {short(email.receivedAt)}
          </time>
        </button>
      </article>
    );
  }
  const starred = row.keywords.$flagged === true;
  return (
    <article
      ref={card}
      aria-label={`Message from ${displayName(sender)}`}
      className="rounded-lg border border-line bg-surface print:border-0"
    >
      <div className="flex items-start gap-3 px-4 pt-4 pb-2">
        <Avatar name={displayName(sender)} address={sender?.email ?? ''} />
        <MessageHead email={email} own={own} onClose={() => onToggle(email.id)} />
        <div className="no-print -mt-1 -mr-2 flex shrink-0 items-center">
          <IconButton
            size="small"
            label={starred ? 'Remove star' : 'Star'}
            pressed={starred}
            icon={
              <Star
                aria-hidden="true"
                className={starred ? 'text-star' : ''}
                fill={starred ? 'currentColor' : 'none'}
              />
            }
            onClick={() =>
              void change({ accountId, patches: new Map([[email.id, { keywords: { $flagged: !starred } }]]) })
            }
          />
          {draft ? null : (
            <IconButton
              size="small"
              label="Reply"
              icon={<Reply aria-hidden="true" />}
              onClick={() => compose('reply')}
            />
          )}
          <MessageMenu accountId={accountId} email={email} others={others} />
        </div>
      </div>
      {isTriaged(row.keywords) ? <TriageLine accountId={accountId} emailId={email.id} /> : null}
      <MessageBody email={email} />
      <Attachments accountId={accountId} email={email} />
      <div className="no-print flex flex-wrap gap-2 px-4 pb-4 empty:hidden">
        {draft ? (
          <Button
            look="primary"
            icon={<Pencil aria-hidden="true" />}
            onClick={() => openComposer({ kind: 'draft', accountId, emailId: email.id })}
          >
            Go on writing
          </Button>
        ) : last ? (
          <>
            <Button icon={<Reply aria-hidden="true" />} onClick={() => compose('reply')}>
              Reply
            </Button>
            {others ? (
              <Button icon={<ReplyAll aria-hidden="true" />} onClick={() => compose('reply-all')}>
                Reply to all
              </Button>
            ) : null}
            <Button icon={<Forward aria-hidden="true" />} onClick={() => compose('forward')}>
              Forward
            </Button>
          </>
        ) : null}
      </div>
    </article>
  );
});

/** Read is what was on the screen for a moment, as the person has chosen. */
function useMarkRead(card: React.RefObject<HTMLElement | null>, accountId: Id, id: Id, wanted: boolean): void {
  const after = READ_AFTER_MS[useDisplay().markRead ?? 'after-two-seconds'];
  useEffect(() => {
    const element = card.current;
    if (!wanted || after === null || !element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const mark = () => {
      if (rowOf(id)?.keywords.$seen) return;
      void change({ accountId, patches: new Map([[id, { keywords: { $seen: true, [RETURNED]: false } }]]) });
    };
    const observer = new IntersectionObserver((entries) => {
      clearTimeout(timer);
      if (entries.some((entry) => entry.isIntersecting)) timer = setTimeout(mark, after);
    });
    observer.observe(element);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [card, accountId, id, wanted, after]);
}
