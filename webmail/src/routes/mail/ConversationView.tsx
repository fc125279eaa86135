// A conversation: its subject and labels, what can be done with it, and its messages, oldest first.
import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, ChevronDown, ChevronUp, Printer, TriangleAlert } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Email, Id } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import * as actions from '@/mail/actions';
import { threadQuery } from '@/mail/conversation';
import { labelsOf, useLabels } from '@/mail/labels';
import { useShortcuts } from '@/mail/shortcuts';
import { rowOf, useConversation } from '@/mail/store';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { IconButton } from '@/ui/IconButton';
import { MenuItem } from '@/ui/Menu';
import { Loading } from '@/ui/Spinner';
import { ConversationActions } from './ConversationActions';
import { useControl } from './control';
import { LabelChip } from './LabelChip';
import { MessageCard } from './MessageCard';
import { printAll } from './printing';

export function ConversationView({ accountId, threadId }: { accountId: Id; threadId: Id }) {
  const { data, error, refetch, isPending } = useQuery(threadQuery(accountId, threadId));
  if (isPending) return <Loading label="Loading conversation" />;
  if (error && !data) {
    return (
      <EmptyState
        icon={<TriangleAlert aria-hidden="true" />}
        title="The conversation could not be loaded"
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {error.message}
      </EmptyState>
    );
  }
  const [, ...rest] = data?.emails ?? [];
  const first = data?.emails[0];
  if (!data || !first) return <EmptyState title="This conversation is no longer here" />;
  return <Messages accountId={accountId} emails={[first, ...rest]} omitted={data.omitted} />;
}

interface Props {
  accountId: Id;
  /** At least one. */
  emails: [Email, ...Email[]];
  omitted: number;
}

function Messages({ accountId, emails, omitted }: Props) {
  const control = useControl();
  const labels = useLabels();
  const newest = emails.at(-1) ?? emails[0];
  useConversation(newest.id); // labels and stars of the rows
  const [open, setOpen] = useState<ReadonlySet<Id>>(() => firstOpen(emails));
  const [seenIds, setSeenIds] = useState<ReadonlySet<Id>>(() => new Set(emails.map((one) => one.id)));
  const scroller = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  // What arrives while one reads opens below.
  const fresh = emails.filter((one) => !seenIds.has(one.id));
  if (fresh.length) {
    setSeenIds(new Set(emails.map((one) => one.id)));
    setOpen(new Set([...open, ...fresh.map((one) => one.id)]));
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the conversation is opened
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    const target = scroller.current?.querySelector('[data-first-open]');
    if (emails.length > 1) target?.scrollIntoView({ block: 'start' });
  }, []);

  const toggle = useCallback((id: Id) => {
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const compose = (kind: 'reply' | 'reply-all' | 'forward') =>
    openComposer({ kind, accountId, emailId: lastWritten(emails).id });
  useShortcuts({
    reply: () => compose('reply'),
    'reply-all': () => compose('reply-all'),
    forward: () => compose('forward'),
    print: () => printAll(() => setOpen(new Set(emails.map((one) => one.id)))),
  });
  const chips = labelsOf(Object.assign({}, ...emails.map((one) => (rowOf(one.id) ?? one).keywords)), labels);
  const subject = emails[0].subject?.trim() || '(no subject)';
  const opened = emails.findIndex((one) => open.has(one.id));
  return (
    <>
      <div className="no-print flex h-12 shrink-0 items-center gap-1 border-b border-line bg-surface px-2">
        <IconButton
          label="Back to the list"
          shortcut="u"
          icon={<ArrowLeft aria-hidden="true" />}
          className="lg:hidden"
          onClick={() => control.open(null)}
        />
        <ConversationActions
          more={
            <MenuItem
              icon={<Printer aria-hidden="true" />}
              shortcut="p"
              onSelect={() => printAll(() => setOpen(new Set(emails.map((one) => one.id))))}
            >
              Print
            </MenuItem>
          }
        />
        <div className="ml-auto hidden sm:flex">
          <IconButton
            label="Previous conversation"
            shortcut="k"
            icon={<ChevronUp aria-hidden="true" />}
            onClick={() => control.step(-1)}
          />
          <IconButton
            label="Next conversation"
            shortcut="j"
            icon={<ChevronDown aria-hidden="true" />}
            onClick={() => control.step(1)}
          />
        </div>
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto overscroll-contain print:overflow-visible">
        <div className="mx-auto max-w-4xl px-4 pt-6 pb-24 sm:px-6 md:pb-8">
          <header className="mb-4 flex flex-wrap items-center gap-2">
            <h2 ref={heading} tabIndex={-1} className="text-xl font-semibold tracking-tight break-words outline-none">
              {subject}
            </h2>
            {chips.map((one) => (
              <LabelChip
                key={one.keyword}
                label={one}
                onRemove={() => void actions.label({ list: control.list, ids: [newest.id] }, one.keyword, false)}
              />
            ))}
          </header>
          {omitted > 0 ? (
            <p className="mb-2 text-ink-muted">
              The {omitted.toLocaleString()} oldest messages of this conversation are not shown.
            </p>
          ) : null}
          <ol className="flex flex-col gap-2">
            {emails.map((email, index) => (
              <li key={email.id} {...(index === opened ? { 'data-first-open': '' } : {})} className="scroll-mt-2">
                <MessageCard
                  accountId={accountId}
                  email={email}
                  open={open.has(email.id)}
                  onToggle={toggle}
                  last={email === newest}
                />
              </li>
            ))}
          </ol>
        </div>
      </div>
    </>
  );
}

/** The newest, and what is unread. */
function firstOpen(emails: readonly Email[]): ReadonlySet<Id> {
  const newest = emails.at(-1);
  const unread = emails.filter((one) => !(rowOf(one.id) ?? one).keywords.$seen && !one.keywords.$draft);
  return new Set([...unread.map((one) => one.id), ...(newest ? [newest.id] : [])]);
}

/** What one answers: the newest that is no draft. */
function lastWritten(emails: [Email, ...Email[]]): Email {
  return emails.findLast((one) => !one.keywords.$draft) ?? emails[0];
}
