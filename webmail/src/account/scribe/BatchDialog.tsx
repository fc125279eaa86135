// Writing to many: a table of recipients with a look at what its columns are, a template, and off.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Checkbox } from '@/ui/Checkbox';
import { Dialog } from '@/ui/Dialog';
import { TextArea, TextField } from '@/ui/Field';
import { toast } from '@/ui/Toast';
import { Loaded } from '../Panel';
import { previewQuery, SCRIBE, scribeQuery, templatesQuery } from './api';
import { FileDrop } from './FileDrop';
import { asBase64, given, textOf } from './files';
import { sameTemplate } from './form';
import { hasNames } from './mapping';
import { PreviewTable } from './PreviewTable';
import { TemplateField } from './TemplateField';
import type { Batch, Mapping } from './types';
import { useSettled } from './useSettled';
import { furtherFields, mails } from './words';

const MOST_BYTES = 5_000_000; // of a table

interface Table {
  /** Names it among the queries: the content itself would be too long. */
  key: string;
  name: string;
  content: string;
}

export function BatchDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const client = useQueryClient();
  const me = useQuery(scribeQuery).data;
  const templates = useQuery(templatesQuery).data ?? [];
  const [key] = useState(() => crypto.randomUUID());
  const [name, setName] = useState('');
  const [typed, setText] = useState<string | null>(null);
  const [files, setFiles] = useState<File[]>([]);
  const [table, setTable] = useState<Table | null>(null);
  const [skip, setSkip] = useState(false);
  const [mapping, setMapping] = useState<Mapping | null>(null);
  const text = typed ?? templates.find(({ id }) => id === me?.template_id)?.text ?? '';
  const settled = useSettled(text.trim());
  const preview = useQuery(previewQuery(table?.key ?? '', table?.content ?? '', mapping, settled));
  const found = table ? preview.data : undefined;
  const chosen = mapping ?? found?.mapping ?? {};
  const take = (next: Table | null) => {
    setTable(next);
    setMapping(null);
    setSkip(false);
    if (next && !name) setName(next.name.replace(/\.[^.]*$/, ''));
  };
  const start = useMutation({
    mutationFn: async () => {
      const same = sameTemplate(text, templates);
      return api.post<Batch>('/api/queue/batch', {
        key,
        ...(name.trim() ? { name: name.trim() } : {}),
        ...(same ? { template_id: same.id } : { template: text }),
        csv: { content: table?.content ?? '', mapping: chosen, skip },
        ...(files.length > 0 ? { files: await Promise.all(files.map(given)) } : {}),
      });
    },
    onSuccess: (made) => {
      toast({ text: `${mails(made.total)} will be written.` });
      onMade(made.id);
    },
    onSettled: () => client.invalidateQueries({ queryKey: SCRIBE }),
  });
  const wrong = new Set(found?.problems.flatMap(({ row }) => (row > 0 ? [row] : []))).size;
  const count = (found?.total ?? 0) - (skip ? wrong : 0);
  const isReady =
    found !== undefined &&
    !preview.isPlaceholderData &&
    count > 0 &&
    (wrong === 0 || skip) &&
    !found.problems.some(({ row }) => row === 0) &&
    hasNames(chosen) &&
    text.trim() !== '' &&
    (me === undefined || count <= me.limits.batch);
  const tooMany = me ? count > me.limits.batch : false;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Write to many"
      width="wide"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="outreach-batch" busy={start.isPending} disabled={!isReady}>
            {found ? `Write ${mails(Math.max(0, count))}` : 'Write them'}
          </Button>
        </>
      }
    >
      <form
        id="outreach-batch"
        className="flex flex-col gap-6"
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <Recipients table={table} onTable={take} isWrong={(found?.problems.length ?? 0) > 0} />
        {table ? (
          <Loaded of={preview} what="table">
            {(seen) => (
              <PreviewTable preview={seen} mapping={chosen} further={furtherFields(text)} onMapping={setMapping} />
            )}
          </Loaded>
        ) : null}
        {wrong > 0 ? (
          <Checkbox
            label={wrong === 1 ? 'Leave this row out' : 'Leave these rows out'}
            checked={skip}
            onChange={(event) => setSkip(event.target.checked)}
          />
        ) : null}
        {tooMany && me ? (
          <p role="alert" className="text-danger">
            {`A batch has ${me.limits.batch.toLocaleString()} recipients at most. Divide the table.`}
          </p>
        ) : null}
        <TemplateField text={text} templates={templates} rows={8} onChange={setText} />
        <FileDrop
          label="Files for all of them"
          hint="What you want to be used in each letter: a CV, a paper."
          files={files}
          onChange={setFiles}
        />
        <TextField
          label="Name of the batch"
          maxLength={100}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        {start.error ? (
          <p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-danger">
            {start.error.message}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

interface RecipientsProps {
  table: Table | null;
  onTable: (table: Table | null) => void;
  /** Whether something in it is wrong, which one may want to correct here. */
  isWrong: boolean;
}

/** A file, or lines pasted from a spreadsheet. */
function Recipients({ table, onTable, isWrong }: RecipientsProps) {
  const [files, setFiles] = useState<File[]>([]);
  const [pasted, setPasted] = useState('');
  const [file] = files;
  const paste = (text: string) => {
    setFiles([]);
    setPasted(text);
    const content = text.trim();
    onTable(content ? { key: content, name: '', content: asBase64(new TextEncoder().encode(`${content}\n`)) } : null);
  };
  return (
    <div className="flex flex-col gap-3">
      <FileDrop
        label="Recipients"
        hint="A table as CSV, with a column of names. E-mail, interests and whatever your template names may be further columns."
        most={1}
        mostBytes={MOST_BYTES}
        accept=".csv,.tsv,.txt,text/csv"
        files={files}
        onChange={(next) => {
          setFiles(next);
          setPasted('');
          const [one] = next;
          if (!one) onTable(null);
          else void given(one).then(({ name, content }) => onTable({ key: crypto.randomUUID(), name, content }));
        }}
      />
      {file ? (
        isWrong ? (
          <div>
            <Button size="small" onClick={() => void textOf(file).then(paste)}>
              Correct it here
            </Button>
          </div>
        ) : null
      ) : (
        <TextArea
          label="Or paste them here"
          rows={table ? 6 : 3}
          value={pasted}
          placeholder={'name,email,interest\nAda Lovelace,ada@example.org,analytical engines'}
          className="[&_textarea]:font-mono [&_textarea]:text-xs"
          onChange={(event) => paste(event.target.value)}
        />
      )}
    </div>
  );
}
