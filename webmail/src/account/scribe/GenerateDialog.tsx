// Templates made of a CV, a page or a few lines: three to choose from; only what one keeps is kept.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, asSentence } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select, TextArea, TextField } from '@/ui/Field';
import { Spinner } from '@/ui/Spinner';
import { toast, toastError } from '@/ui/Toast';
import { SCRIBE } from './api';
import { FileDrop } from './FileDrop';
import { given } from './files';
import type { Template, Written } from './types';

type Kind = 'file' | 'url' | 'text';
const KINDS: { value: Kind; label: string }[] = [
  { value: 'file', label: 'My CV, or another file' },
  { value: 'url', label: 'A page about me' },
  { value: 'text', label: 'A few lines' },
];

export function GenerateDialog({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('file');
  const [files, setFiles] = useState<File[]>([]);
  const [url, setUrl] = useState('');
  const [text, setText] = useState('');
  const [about, setAbout] = useState('');
  const [file] = files;
  const make = useMutation({
    mutationFn: async () => {
      const material = await materialOf(kind, { file, url, text });
      return api.post<Written>('/api/templates/generate', {
        ...material,
        ...(about.trim() ? { about: about.trim() } : {}),
      });
    },
  });
  const hasSource = { file: file !== undefined, url: url.trim() !== '', text: text.trim() !== '' }[kind];
  return (
    <Dialog
      open
      onClose={onClose}
      title={make.data ? 'Keep what you like' : 'Have templates made'}
      description={make.data ? undefined : 'Three, of what you do. Only those that you keep are kept.'}
      width="wide"
      footer={
        make.data ? (
          <>
            <Button onClick={() => make.reset()}>Try again</Button>
            <Button look="primary" onClick={onClose}>
              Done
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" type="submit" form="make-templates" busy={make.isPending} disabled={!hasSource}>
              Make three
            </Button>
          </>
        )
      }
    >
      {make.data ? (
        <Found written={make.data} />
      ) : (
        <form
          id="make-templates"
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Select label="Made of" value={kind} onChange={setKind} options={KINDS} />
          {kind === 'file' ? (
            <FileDrop
              label="The file"
              hint="PDF, Word or text. It is read and not kept."
              most={1}
              files={files}
              onChange={setFiles}
            />
          ) : kind === 'url' ? (
            <TextField
              label="Address of the page"
              type="url"
              placeholder="https://"
              autoComplete="off"
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
          ) : (
            <TextArea
              label="What you do, and what you have done"
              rows={6}
              maxLength={60_000}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
          <TextField
            label="What the mails are for"
            placeholder="asking for a research stay, inviting to a podcast"
            maxLength={500}
            autoComplete="off"
            value={about}
            onChange={(event) => setAbout(event.target.value)}
          />
          {make.isPending ? (
            <p role="status" className="flex items-center gap-2 text-ink-muted">
              <Spinner label="" /> This takes up to half a minute.
            </p>
          ) : null}
          {make.error ? (
            <p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-danger">
              {make.error.message}
            </p>
          ) : null}
        </form>
      )}
    </Dialog>
  );
}

async function materialOf(kind: Kind, { file, url, text }: { file: File | undefined; url: string; text: string }) {
  if (kind === 'url') return { url: url.trim() };
  if (kind === 'text') return { text: text.trim() };
  return file ? { file: await given(file) } : {};
}

function Found({ written }: { written: Written }) {
  return (
    <div className="flex flex-col gap-4">
      {written.because ? <p className="text-ink-muted">{asSentence(written.because)}</p> : null}
      <ul className="flex flex-col gap-4">
        {written.templates.map((one) => (
          <OneDraft key={one.text} draft={one} />
        ))}
      </ul>
    </div>
  );
}

function OneDraft({ draft }: { draft: Written['templates'][number] }) {
  const client = useQueryClient();
  const [text, setText] = useState(draft.text);
  const keep = useMutation({
    mutationFn: () =>
      api.post<Template>('/api/templates', { name: draft.name, text: text.trim(), origin: 'generated' }),
    onSuccess: () => toast({ text: `“${draft.name}” is kept.`, lasts: 3_000 }),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: SCRIBE }),
  });
  return (
    <li className="flex flex-col gap-2 rounded-md border border-line p-4">
      <TextArea
        label={draft.name}
        rows={8}
        maxLength={20_000}
        value={text}
        disabled={keep.isSuccess}
        onChange={(event) => setText(event.target.value)}
      />
      <div>
        <Button
          size="small"
          aria-label={`${keep.isSuccess ? 'Kept' : 'Keep it'}: ${draft.name}`}
          busy={keep.isPending}
          disabled={keep.isSuccess || !text.trim()}
          onClick={() => keep.mutate()}
        >
          {keep.isSuccess ? 'Kept' : 'Keep it'}
        </Button>
      </div>
    </li>
  );
}
