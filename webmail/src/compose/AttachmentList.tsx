// The files of a message being written: name, size, progress, stop, retry, remove.
import { CircleAlert, Paperclip, RotateCw, X } from 'lucide-react';
import { formatBytes } from '@/account/format';
import { classes } from '@/ui/classes';
import { IconButton } from '@/ui/IconButton';
import type { Attachment } from './draft';

interface Props {
  attachments: readonly Attachment[];
  onRemove: (key: string) => void;
  onRetry: (key: string) => void;
  canRetry: (key: string) => boolean;
}

export function AttachmentList({ attachments, onRemove, onRetry, canRetry }: Props) {
  const files = attachments.filter(({ cid, state }) => cid === null || state !== 'done');
  if (files.length === 0) return null;
  return (
    <ul
      aria-label="Attachments"
      className="flex max-h-40 shrink-0 flex-col gap-1 overflow-y-auto border-t border-line px-4 py-2"
    >
      {files.map((file) => (
        <li key={file.key} className="flex items-center gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
          {file.state === 'failed' ? (
            <CircleAlert size={16} className="shrink-0 text-danger" aria-hidden="true" />
          ) : (
            <Paperclip size={16} className="shrink-0 text-ink-muted" aria-hidden="true" />
          )}
          <div className="min-w-0 flex-1">
            <div className="flex items-baseline gap-2">
              <span className="truncate font-medium">{file.name}</span>
              <span className="shrink-0 text-xs text-ink-muted">{formatBytes(file.size)}</span>
            </div>
            {file.state === 'uploading' ? <Progress file={file} /> : null}
            {file.state === 'failed' ? (
              <p role="alert" className="text-xs text-danger">
                {file.problem}
              </p>
            ) : null}
          </div>
          {file.state === 'failed' && canRetry(file.key) ? (
            <IconButton
              size="small"
              label={`Upload ${file.name} again`}
              icon={<RotateCw />}
              onClick={() => onRetry(file.key)}
            />
          ) : null}
          <IconButton
            size="small"
            label={file.state === 'uploading' ? `Stop uploading ${file.name}` : `Remove ${file.name}`}
            icon={<X />}
            onClick={() => onRemove(file.key)}
          />
        </li>
      ))}
    </ul>
  );
}

function Progress({ file }: { file: Attachment }) {
  return (
    <div
      role="progressbar"
      aria-label={`Uploading ${file.name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(file.progress * 100)}
      className="mt-1 h-1 overflow-hidden rounded-full bg-line"
    >
      <div
        className={classes('h-full rounded-full bg-accent transition-[width]')}
        style={{ width: `${file.progress * 100}%` }}
      />
    </div>
  );
}
