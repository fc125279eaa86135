// Files for the letter: dropped here or chosen; each can be taken out again.
import { FileText, Upload, X } from 'lucide-react';
import { type DragEvent, useId, useRef, useState } from 'react';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { IconButton } from '@/ui/IconButton';
import { toast } from '@/ui/Toast';
import { formatBytes } from '../format';
import { MOST_FILES, refusalOf } from './files';

interface Props {
  label: string;
  hint: string;
  files: readonly File[];
  most?: number;
  mostBytes?: number;
  accept?: string;
  onChange: (files: File[]) => void;
}

const DOCUMENTS = '.pdf,.docx,.txt,.md,.html,.htm';

export function FileDrop({ label, hint, files, most = MOST_FILES, mostBytes, accept = DOCUMENTS, onChange }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const add = (given: Iterable<File>) => {
    const all = most === 1 ? [] : [...files];
    for (const file of given) {
      const refusal = refusalOf(file, mostBytes);
      if (refusal) toast({ text: refusal, tone: 'danger' });
      else if (all.length >= most) toast({ text: `${most} files at most.`, tone: 'danger', key: 'most-files' });
      else if (!all.some((one) => one.name === file.name && one.size === file.size)) all.push(file);
    }
    onChange(all);
  };
  return (
    <div className="flex flex-col gap-2">
      <span id={`${id}-label`} className="font-medium">
        {label}
      </span>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button inside is the first */}
      <div
        onDragOver={(event: DragEvent) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event: DragEvent) => {
          event.preventDefault();
          setOver(false);
          add(event.dataTransfer.files);
        }}
        className={classes(
          'flex flex-wrap items-center gap-3 rounded-md border border-dashed px-4 py-3 transition-colors',
          over ? 'border-accent bg-accent-soft' : 'border-line-strong/60',
        )}
      >
        <Button size="small" icon={<Upload aria-hidden="true" />} onClick={() => input.current?.click()}>
          {most === 1 ? 'Choose a file' : 'Choose files'}
        </Button>
        <span className="min-w-0 flex-1 basis-40 text-xs text-ink-muted">{hint}</span>
        <input
          ref={input}
          type="file"
          multiple={most > 1}
          accept={accept}
          aria-labelledby={`${id}-label`}
          tabIndex={-1}
          className="sr-only"
          onChange={(event) => {
            add(event.target.files ?? []);
            event.target.value = '';
          }}
        />
      </div>
      {files.length > 0 ? (
        <ul className="flex flex-col gap-1">
          {files.map((file) => (
            <li key={`${file.name} ${file.size}`} className="flex items-center gap-2">
              <FileText size={16} aria-hidden="true" className="shrink-0 text-ink-muted" />
              <span className="min-w-0 truncate">{file.name}</span>
              <span className="shrink-0 text-xs text-ink-muted">{formatBytes(file.size)}</span>
              <IconButton
                size="small"
                label={`Take out ${file.name}`}
                icon={<X size={16} aria-hidden="true" />}
                onClick={() => onChange(files.filter((one) => one !== file))}
              />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
