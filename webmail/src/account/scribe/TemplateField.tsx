// The template of a mail: one of the library, or typed; what it leaves open is named below it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { BookmarkPlus } from 'lucide-react';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Select, TextArea } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { scribeQuery, templatesQuery } from './api';
import { sameTemplate } from './form';
import type { Template } from './types';
import { placeholdersOf } from './words';

interface Props {
  text: string;
  templates: readonly Template[];
  rows?: number;
  onChange: (text: string) => void;
}

export function TemplateField({ text, templates, rows = 9, onChange }: Props) {
  const same = sameTemplate(text, templates);
  const keep = useKeeping();
  const open = placeholdersOf(text);
  return (
    <div className="flex flex-col gap-3">
      {templates.length > 0 ? (
        <Select
          label="From the library"
          value={same?.id ?? ''}
          onChange={(id) => onChange(templates.find((one) => one.id === id)?.text ?? '')}
          options={[
            { value: '', label: text.trim() ? 'Not in the library' : 'Choose one, or write below' },
            ...templates.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      ) : null}
      <TextArea
        label="Template"
        rows={rows}
        maxLength={20_000}
        value={text}
        placeholder={'Dear {{name}},\n\nI read about {{their latest work}} and …'}
        hint="What stands in {{double braces}} is filled in for each recipient. A first line that begins with Subject: is the subject."
        onChange={(event) => onChange(event.target.value)}
      />
      {open.length > 0 || (text.trim() && !same) ? (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <Placeholders names={open} />
          {text.trim() && !same ? (
            <Button
              size="small"
              look="quiet"
              busy={keep.isPending}
              icon={<BookmarkPlus aria-hidden="true" />}
              onClick={() => keep.mutate(text)}
            >
              Keep as a template
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

export function Placeholders({ names }: { names: readonly string[] }) {
  return (
    <ul aria-label="What it leaves open" className="flex flex-wrap gap-1">
      {names.map((name) => (
        <li key={name} className="rounded-full bg-accent-soft px-2 py-0.5 text-xs break-all text-accent-strong">
          {name}
        </li>
      ))}
    </ul>
  );
}

function useKeeping() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => api.post<Template>('/api/templates', { name: nameOf(text), text }),
    onSuccess: ({ name }) => toast({ text: `Kept as “${name}”.` }),
    onError: (failure) => toastError(failure),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: templatesQuery.queryKey });
      void client.invalidateQueries({ queryKey: scribeQuery.queryKey });
    },
  });
}

/** A name to begin with: the subject, else the first line that is not a greeting. */
function nameOf(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const subject = /^subject:\s*(.+)$/i.exec(lines[0] ?? '')?.[1];
  return (subject ?? lines[1] ?? lines[0] ?? 'Template').slice(0, 60);
}
