// The files of a message: name, size, download, and a look at pictures and PDFs in a tab of their own.
import { Download, Eye, File, FileImage, FileText } from 'lucide-react';
import { useJmapSession } from '@/api/jmap/client';
import { downloadPath } from '@/api/jmap/transfer';
import type { BodyPart, Email, Id } from '@/api/jmap/types';
import { hasHtml } from '@/mail/conversation';
import { straight } from '@/mail/people';
import { size } from '@/mail/sizes';

const SHOWN_BY_BROWSERS = /^(image\/(png|jpeg|gif|webp|avif)|application\/pdf)$/;

export function Attachments({ accountId, email }: { accountId: Id; email: Email }) {
  const session = useJmapSession();
  const html = hasHtml(email);
  // Pictures that stand inside the HTML are there already.
  const parts = email.attachments.filter(
    (part) => part.blobId && !(html && part.cid && part.disposition !== 'attachment' && part.type.startsWith('image/')),
  );
  if (parts.length === 0) return null;
  return (
    <section aria-label="Attachments" className="px-4 pt-2 pb-4">
      <h3 className="mb-2 text-xs font-semibold text-ink-muted">
        {parts.length === 1 ? '1 attachment' : `${parts.length} attachments`},{' '}
        {size(parts.reduce((sum, part) => sum + part.size, 0))}
      </h3>
      <ul className="flex flex-wrap gap-2">
        {parts.map((part) => (
          <li key={part.partId ?? part.blobId}>
            <Attachment
              part={part}
              href={downloadPath(session, accountId, part.blobId ?? '', nameOf(part), part.type)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Attachment({ part, href }: { part: BodyPart; href: string }) {
  const name = nameOf(part);
  const Icon = part.type.startsWith('image/')
    ? FileImage
    : part.type.startsWith('text/') || part.type === 'application/pdf'
      ? FileText
      : File;
  return (
    <div className="flex max-w-72 items-center gap-2 rounded-md border border-line bg-canvas py-1 pr-1 pl-3">
      <Icon size={18} aria-hidden="true" className="shrink-0 text-ink-muted" />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium" title={name}>
          {name}
        </p>
        <p className="text-xs text-ink-muted">{size(part.size)}</p>
      </div>
      {SHOWN_BY_BROWSERS.test(part.type) ? (
        <a
          href={`${href}&inline=1`}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={`Look at ${name}`}
          className={LINK}
        >
          <Eye size={16} aria-hidden="true" />
        </a>
      ) : null}
      <a href={href} download={name} aria-label={`Download ${name}`} className={LINK}>
        <Download size={16} aria-hidden="true" />
      </a>
    </div>
  );
}

const LINK =
  'no-print inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-muted hover:bg-hover hover:text-ink';

function nameOf(part: BodyPart): string {
  if (part.name) return straight(part.name);
  if (part.type === 'message/rfc822') return 'message.eml';
  return `attachment.${part.type.split('/')[1]?.replace(/[^a-z0-9]/gi, '') ?? 'bin'}`;
}
