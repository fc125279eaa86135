// One conversation of a list: who, what, when; its state is also in the words a screen reader hears.
import { AlarmClock, Archive, Clock, Mail, MailOpen, Paperclip, Star, Trash2 } from 'lucide-react';
import { type MouseEvent, memo } from 'react';
import * as actions from '@/mail/actions';
import { short, upcoming } from '@/mail/dates';
import { type Label, labelsOf } from '@/mail/labels';
import { RETURNED } from '@/mail/lists';
import { displayName, together } from '@/mail/people';
import { useConversation } from '@/mail/store';
import { Checkbox } from '@/ui/Checkbox';
import { classes } from '@/ui/classes';
import { IconButton } from '@/ui/IconButton';
import { useControl } from './control';
import { startDrag } from './dragging';
import { LabelChip } from './LabelChip';
import { Marked } from './Marked';

interface Props {
  id: string;
  compact: boolean;
  labels: readonly Label[];
  own: string;
  snoozedUntil: string | undefined;
}

export const MessageRow = memo(function MessageRow({ id, compact, labels, own, snoozedUntil }: Props) {
  const control = useControl();
  const conversation = useConversation(id);
  if (!conversation) return <PlaceholderRow compact={compact} />;
  const { row, all, unread, starred, hasAttachment, senders } = conversation;
  const outgoing = control.place?.role === 'sent' || control.place?.role === 'drafts';
  const who = outgoing ? `To: ${(row.to ?? []).map(displayName).join(', ') || 'nobody yet'}` : together(senders, own);
  const subject = row.subject?.trim() || '(no subject)';
  const snippet = control.list.snippets.get(id);
  const chips = labelsOf(row.keywords, labels);
  const chosen = control.selected.has(id);
  const isOpen = control.openThread === row.threadId;
  const when = snoozedUntil ? upcoming(new Date(snoozedUntil)) : short(row.receivedAt);
  const onClick = (event: MouseEvent) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) {
      event.preventDefault();
      control.select(id, { range: event.shiftKey });
      return;
    }
    control.openEntry(id);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dragging is a shortcut for "Move to"
    <div
      draggable
      onDragStart={(event) => startDrag(event, { list: control.list, ids: chosen ? [...control.selected] : [id] })}
      className={classes(
        'group relative flex h-full items-stretch border-b border-line pl-1',
        chosen || isOpen ? 'bg-selected' : 'hover:bg-hover',
        control.cursor === id && 'outline-2 -outline-offset-2 outline-accent/60',
      )}
    >
      {unread ? <span aria-hidden="true" className="absolute inset-y-3 left-0 w-1 rounded-r bg-accent" /> : null}
      <div className="flex w-11 shrink-0 items-start justify-center pt-4">
        <Checkbox
          label={`Choose ${who}: ${subject}`}
          hideLabel
          checked={chosen}
          onChange={(event) => {
            const { shiftKey } = event.nativeEvent as globalThis.MouseEvent;
            control.select(id, shiftKey ? { range: true, on: true } : {});
          }}
        />
      </div>
      <button
        type="button"
        data-row={id}
        aria-current={isOpen ? 'true' : undefined}
        onClick={onClick}
        onFocus={() => control.setCursor(id)}
        className="flex min-w-0 flex-1 flex-col justify-center gap-0.5 pr-4 text-left outline-none"
      >
        <span className="flex w-full items-baseline gap-2">
          {unread ? <span className="sr-only">Unread,</span> : null}
          {starred ? <span className="sr-only">Starred,</span> : null}
          <span className={classes('min-w-0 truncate', unread ? 'font-semibold' : 'text-ink')}>{who}</span>
          {all.length > 1 ? (
            <span className="text-xs tabular-nums text-ink-muted">
              {all.length}
              <span className="sr-only"> messages</span>
            </span>
          ) : null}
          <span
            className={classes(
              'ml-auto flex shrink-0 items-center gap-1 text-xs tabular-nums group-hover:invisible',
              unread ? 'font-semibold text-accent' : 'text-ink-muted',
            )}
          >
            {hasAttachment ? <Paperclip size={13} aria-label="with attachment" role="img" /> : null}
            {snoozedUntil ? <Clock size={13} aria-label="snoozed until" role="img" /> : null}
            {row.keywords[RETURNED] && !snoozedUntil ? (
              <AlarmClock size={13} aria-label="back from being snoozed" role="img" />
            ) : null}
            {when}
          </span>
        </span>
        <span className={classes('w-full truncate pr-6', unread && 'font-semibold')}>
          <Marked text={snippet?.subject} plain={subject} />
        </span>
        {compact ? null : (
          <span className="flex w-full items-center gap-2 pr-6 text-ink-muted">
            {chips.slice(0, 3).map((one) => (
              <LabelChip key={one.keyword} label={one} />
            ))}
            <span className="min-w-0 truncate text-[13px]">
              <Marked text={snippet?.preview} plain={row.preview} />
            </span>
          </span>
        )}
      </button>
      <div className="absolute top-1 right-2 hidden rounded-md bg-raised shadow-popover group-hover:flex pointer-coarse:hidden!">
        <Quick id={id} unread={unread} />
      </div>
      <button
        type="button"
        aria-label={starred ? 'Remove star' : 'Star'}
        aria-pressed={starred}
        onClick={() => void actions.star({ list: control.list, ids: [id] }, !starred)}
        className={classes(
          'absolute right-2 bottom-2 flex size-7 items-center justify-center rounded-md hover:bg-sunken',
          starred ? 'text-star' : 'text-ink-faint',
        )}
      >
        <Star size={16} aria-hidden="true" fill={starred ? 'currentColor' : 'none'} />
      </button>
    </div>
  );
});

/** What a mouse finds over the row. Keyboards and screen readers have the same in the toolbar. */
function Quick({ id, unread }: { id: string; unread: boolean }) {
  const control = useControl();
  const choice = { list: control.list, ids: [id] };
  const trash = control.place?.role === 'trash';
  return (
    <>
      {control.place?.role !== 'archive' && !trash && control.has('archive') ? (
        <IconButton
          size="small"
          tabIndex={-1}
          label="Archive"
          shortcut="e"
          icon={<Archive />}
          onClick={() => void actions.archive(choice)}
        />
      ) : null}
      {trash || !control.has('trash') ? null : (
        <IconButton
          size="small"
          tabIndex={-1}
          label="Delete"
          shortcut="#"
          icon={<Trash2 />}
          onClick={() => void actions.moveToTrash(choice)}
        />
      )}
      <IconButton
        size="small"
        tabIndex={-1}
        label={unread ? 'Mark as read' : 'Mark as unread'}
        icon={unread ? <MailOpen /> : <Mail />}
        onClick={() => void actions.markRead(choice, unread)}
      />
      {trash || !control.isOwn ? null : (
        <IconButton
          size="small"
          tabIndex={-1}
          label="Snooze"
          shortcut="b"
          icon={<Clock />}
          onClick={() => {
            control.clear();
            control.setCursor(id);
            control.select(id, { on: true });
            control.show('snooze');
          }}
        />
      )}
    </>
  );
}

export function PlaceholderRow({ compact }: { compact: boolean }) {
  return (
    <div aria-hidden="true" className="flex h-full flex-col justify-center gap-2 border-b border-line pr-4 pl-12">
      <div className="flex justify-between">
        <div className="h-3 w-32 rounded bg-line" />
        <div className="h-3 w-10 rounded bg-line" />
      </div>
      <div className="h-3 w-3/5 rounded bg-line" />
      {compact ? null : <div className="h-3 w-4/5 rounded bg-line opacity-60" />}
    </div>
  );
}
