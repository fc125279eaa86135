// What else can be done with one message: forward, print, source, trace, plain text, unread from here.
import {
  Download,
  EllipsisVertical,
  FileCode,
  Forward,
  Mail,
  MailX,
  Printer,
  ReplyAll,
  Route,
  Text,
} from 'lucide-react';
import { useState } from 'react';
import { useJmapSession } from '@/api/jmap/client';
import { downloadPath } from '@/api/jmap/transfer';
import type { Email, Id } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import { change } from '@/mail/changing';
import { hasHtml } from '@/mail/conversation';
import { rowOf, threadOf } from '@/mail/store';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem, MenuSeparator } from '@/ui/Menu';
import { useControl } from './control';
import { togglePlain, usePlain } from './plainChoice';
import { SourceDialog } from './SourceDialog';
import { TraceDialog } from './TraceDialog';

interface Props {
  accountId: Id;
  email: Email;
  others: boolean;
}

export function MessageMenu({ accountId, email, others }: Props) {
  const session = useJmapSession();
  const control = useControl();
  const plain = usePlain(email.id);
  const [dialog, setDialog] = useState<'source' | 'trace' | null>(null);
  const source = downloadPath(session, accountId, email.blobId, fileName(email), 'message/rfc822');
  const unsubscribe = unsubscribeAddress(email);
  const unreadFromHere = () => {
    const from = rowOf(email.id)?.receivedAt ?? email.receivedAt;
    const later = threadOf(email.threadId).filter((row) => row.receivedAt >= from && !row.keywords.$draft);
    control.open(null);
    void change({ accountId, patches: new Map(later.map((row) => [row.id, { keywords: { $seen: false } }])) });
  };
  return (
    <>
      <Menu
        align="end"
        trigger={
          <IconButton size="small" label="More about this message" icon={<EllipsisVertical aria-hidden="true" />} />
        }
      >
        {others ? (
          <MenuItem
            icon={<ReplyAll aria-hidden="true" />}
            onSelect={() => openComposer({ kind: 'reply-all', accountId, emailId: email.id })}
          >
            Reply to all
          </MenuItem>
        ) : null}
        <MenuItem
          icon={<Forward aria-hidden="true" />}
          onSelect={() => openComposer({ kind: 'forward', accountId, emailId: email.id })}
        >
          Forward
        </MenuItem>
        <MenuItem icon={<Mail aria-hidden="true" />} onSelect={unreadFromHere}>
          Unread from here
        </MenuItem>
        {unsubscribe ? (
          <MenuItem
            icon={<MailX aria-hidden="true" />}
            onSelect={() => openComposer({ kind: 'mailto', href: unsubscribe })}
          >
            Unsubscribe by mail
          </MenuItem>
        ) : null}
        <MenuSeparator />
        <MenuItem icon={<Route aria-hidden="true" />} onSelect={() => setDialog('trace')}>
          What happened to it
        </MenuItem>
        {hasHtml(email) ? (
          <MenuItem icon={<Text aria-hidden="true" />} onSelect={() => togglePlain(email.id)}>
            {plain ? 'Show as it was written' : 'Show as plain text'}
          </MenuItem>
        ) : null}
        <MenuItem icon={<FileCode aria-hidden="true" />} onSelect={() => setDialog('source')}>
          Source
        </MenuItem>
        <MenuItem asChild>
          <a
            href={source}
            download={fileName(email)}
            className="flex min-h-8 items-center gap-2 rounded px-2 py-1 outline-none data-[highlighted]:bg-hover [&_svg]:size-4 [&_svg]:text-ink-muted"
          >
            <Download aria-hidden="true" /> Download
          </a>
        </MenuItem>
        <MenuItem icon={<Printer aria-hidden="true" />} onSelect={() => setTimeout(() => window.print(), 100)}>
          Print
        </MenuItem>
      </Menu>
      {dialog === 'source' ? <SourceDialog href={source} onClose={() => setDialog(null)} /> : null}
      {dialog === 'trace' ? <TraceDialog emailId={email.id} onClose={() => setDialog(null)} /> : null}
    </>
  );
}

function fileName(email: Email): string {
  const subject = (email.subject ?? '')
    .replace(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .trim()
    .slice(0, 80);
  return `${subject || 'message'}.eml`;
}

/** RFC 2369 §3.2: a mail to this address ends a subscription. */
function unsubscribeAddress(email: Email): string | undefined {
  const urls = email['header:List-Unsubscribe:asURLs'];
  return Array.isArray(urls)
    ? urls.find((url): url is string => typeof url === 'string' && /^mailto:/i.test(url))
    : undefined;
}
