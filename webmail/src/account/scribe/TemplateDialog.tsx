// A template of the library, written or changed.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextArea, TextField } from '@/ui/Field';
import { toast } from '@/ui/Toast';
import { SCRIBE } from './api';
import { Placeholders } from './TemplateField';
import type { Template } from './types';
import { placeholdersOf } from './words';

export function TemplateDialog({ template, onClose }: { template?: Template; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(template?.name ?? '');
  const [text, setText] = useState(template?.text ?? '');
  const save = useMutation({
    mutationFn: () => {
      const wanted = { name: name.trim(), text: text.trim() };
      return template
        ? api.patch<Template>(`/api/templates/${encodeURIComponent(template.id)}`, wanted)
        : api.post<Template>('/api/templates', wanted);
    },
    onSuccess: () => {
      toast({ text: template ? 'Changed.' : 'Added.', lasts: 2_500 });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: SCRIBE }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={template ? 'Change the template' : 'New template'}
      width="wide"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="outreach-template"
            busy={save.isPending}
            disabled={!name.trim() || !text.trim()}
          >
            {template ? 'Save' : 'Add'}
          </Button>
        </>
      }
    >
      <form
        id="outreach-template"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextField label="Name" value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
        <TextArea
          label="Text"
          rows={14}
          maxLength={20_000}
          value={text}
          error={save.error?.message}
          hint="What stands in {{double braces}} is filled in: {{name}}, {{interest}}, or whatever you call it."
          onChange={(event) => setText(event.target.value)}
        />
        <Placeholders names={placeholdersOf(text)} />
      </form>
    </Dialog>
  );
}
