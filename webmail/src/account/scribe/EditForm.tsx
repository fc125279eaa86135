// Changing a letter by hand.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { TextArea, TextField } from '@/ui/Field';
import { toast } from '@/ui/Toast';
import { keepMail, mailPath } from './api';
import type { Mail } from './types';

export function EditForm({ mail, onDone }: { mail: Mail; onDone: () => void }) {
  const client = useQueryClient();
  const [subject, setSubject] = useState(mail.subject);
  const [text, setText] = useState(mail.text);
  const save = useMutation({
    mutationFn: () =>
      api.patch<Mail>(mailPath(mail.id), {
        ...(subject === mail.subject ? {} : { subject: subject.trim() }),
        ...(text === mail.text ? {} : { text }),
      }),
    onSuccess: (changed) => {
      keepMail(client, changed);
      toast({ text: 'Changed.', lasts: 2_500 });
      onDone();
    },
  });
  const isChanged = subject !== mail.subject || text !== mail.text;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextField label="Subject" value={subject} maxLength={300} onChange={(event) => setSubject(event.target.value)} />
      <TextArea
        label="Text"
        rows={Math.min(30, Math.max(12, text.split('\n').length + 4))}
        maxLength={40_000}
        value={text}
        hint="A sentence that you change is yours: its sources no longer vouch for it."
        error={save.error?.message}
        className="[&_textarea]:text-[15px] [&_textarea]:leading-7"
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          type="submit"
          busy={save.isPending}
          disabled={!isChanged || !text.trim() || !subject.trim()}
        >
          Save
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  );
}
