// What one does with a mail: change it, put it into Drafts, send it, take it back, try again, delete it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy, EllipsisVertical, Pencil, RotateCcw, Send, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { api } from '@/api/rest';
import { useSession } from '@/api/session';
import { openComposer } from '@/compose/open';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem } from '@/ui/Menu';
import { toast, toastError } from '@/ui/Toast';
import { copyText } from '../copy';
import { formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { keepMail, mailPath, SCRIBE, standingQuery } from './api';
import { SendDialog } from './SendDialog';
import type { Mail } from './types';
import { badgeOf } from './words';

type Verb = 'draft' | 'unsend' | 'restore';
const SAID: Record<Verb, string> = {
  draft: 'It lies in Drafts.',
  unsend: 'It is not sent.',
  restore: 'It is back.',
};

export function useMailVerb() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, verb }: { id: string; verb: Verb }) => api.post<Mail>(mailPath(id, verb)),
    onSuccess: (mail, { verb }) => {
      keepMail(client, mail);
      toast({ text: SAID[verb], lasts: 3_000 });
    },
    onError: (failure) => toastError(failure),
  });
}

export function useDeleting() {
  const client = useQueryClient();
  const verb = useMailVerb();
  return useMutation({
    mutationFn: (id: string) => api.delete(mailPath(id)),
    onSuccess: (_nothing, id) =>
      toast({ text: 'Deleted.', action: { label: 'Undo', run: () => verb.mutate({ id, verb: 'restore' }) } }),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: SCRIBE }),
  });
}

/** Trying again what failed, or cancelling what waits. Finished steps are not done again. */
export function useQueueVerb() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, verb }: { id: string; verb: 'retry' | 'cancel' }) =>
      api.post(`/api/queue/${encodeURIComponent(id)}/${verb}`),
    onSuccess: (_item, { id, verb }) => {
      client.removeQueries({ queryKey: standingQuery(id).queryKey });
      toast({ text: verb === 'retry' ? 'It is tried again.' : 'Cancelled.', lasts: 3_000 });
    },
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: SCRIBE }),
  });
}

interface Props {
  mail: Mail;
  /** While it is being changed it does not leave: what is typed is not saved yet. */
  editing: boolean;
  onEdit: () => void;
  onGone: () => void;
}

export function MailActions({ mail, editing, onEdit, onGone }: Props) {
  const { user } = useSession();
  const [sending, setSending] = useState(false);
  const verb = useMailVerb();
  const queue = useQueueVerb();
  const deleting = useDeleting();
  const done = mail.status === 'COMPLETED' && !mail.deleted_at;
  const left = mail.sent.state === 'sent' || mail.sent.state === 'queued' || mail.sent.state === 'asked';
  const draft = mail.sent.draft_email_id;
  return (
    <div className="flex flex-wrap items-center gap-2 max-sm:w-full">
      <Standing mail={mail} />
      {mail.deleted_at ? (
        <Button onClick={() => verb.mutate({ id: mail.id, verb: 'restore' })} icon={<Undo2 aria-hidden="true" />}>
          Bring it back
        </Button>
      ) : null}
      {mail.status === 'FAILED' || mail.status === 'CANCELLED' ? (
        <Button
          look="primary"
          busy={queue.isPending}
          icon={<RotateCcw aria-hidden="true" />}
          onClick={() => queue.mutate({ id: mail.id, verb: 'retry' })}
        >
          Try again
        </Button>
      ) : null}
      {mail.status === 'PENDING' || mail.status === 'PROCESSING' ? (
        <Button busy={queue.isPending} onClick={() => queue.mutate({ id: mail.id, verb: 'cancel' })}>
          Cancel it
        </Button>
      ) : null}
      {mail.sent.state === 'queued' || mail.sent.state === 'asked' ? (
        <Button busy={verb.isPending} onClick={() => verb.mutate({ id: mail.id, verb: 'unsend' })}>
          Do not send
        </Button>
      ) : null}
      {mail.sent.state === 'asked' && mail.sent.approval_id ? (
        <Link
          to="/agents"
          search={{ approval: mail.sent.approval_id }}
          className="px-2 font-medium text-accent underline underline-offset-2"
        >
          See what is asked
        </Link>
      ) : null}
      {done && !left && !editing ? (
        <>
          <Button icon={<Pencil aria-hidden="true" />} onClick={onEdit}>
            Change
          </Button>
          {draft ? (
            <Button onClick={() => openComposer({ kind: 'draft', accountId: '', emailId: draft })}>
              Open the draft
            </Button>
          ) : user.has_mailbox ? (
            <Button busy={verb.isPending} onClick={() => verb.mutate({ id: mail.id, verb: 'draft' })}>
              Put into Drafts
            </Button>
          ) : null}
          {user.has_mailbox ? (
            <Button look="primary" icon={<Send aria-hidden="true" />} onClick={() => setSending(true)}>
              Send
            </Button>
          ) : null}
        </>
      ) : null}
      {mail.deleted_at ? null : (
        <Menu
          align="end"
          trigger={
            <IconButton
              label="More"
              className="max-sm:-order-1"
              icon={<EllipsisVertical size={18} aria-hidden="true" />}
            />
          }
        >
          {mail.text ? (
            <MenuItem icon={<Copy aria-hidden="true" />} onSelect={() => void copyText(mail.text, 'Copied.')}>
              Copy the text
            </MenuItem>
          ) : null}
          <MenuItem
            danger
            icon={<Trash2 aria-hidden="true" />}
            onSelect={() => deleting.mutate(mail.id, { onSuccess: onGone })}
          >
            Delete
          </MenuItem>
        </Menu>
      )}
      {sending ? <SendDialog mail={mail} onClose={() => setSending(false)} /> : null}
    </div>
  );
}

function Standing({ mail }: { mail: Mail }) {
  const timeZone = useTimeZone();
  const badge = badgeOf(mail);
  const at = mail.sent.state === 'queued' || mail.sent.state === 'sent' ? mail.sent.at : null;
  return (
    <span className="flex items-center gap-2 max-sm:-order-2 max-sm:flex-[1_0_70%]">
      <Badge tone={badge.tone}>{badge.label}</Badge>
      {at ? <span className="text-xs text-ink-muted">{formatTime(at, timeZone)}</span> : null}
    </span>
  );
}
