// Having one mail written: a template, a recipient, and what one knows already.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiError, api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { TextArea, TextField } from '@/ui/Field';
import { Loading } from '@/ui/Spinner';
import { Failed, Panel } from '../Panel';
import { SCRIBE, scribeQuery, templatesQuery } from './api';
import { FileDrop } from './FileDrop';
import { FirstRun } from './FirstRun';
import { given } from './files';
import { EXAMPLE, emptyForm, type Form, filledFields, sameTemplate, templateOf } from './form';
import { TemplateField } from './TemplateField';
import type { Scribe, Wish } from './types';
import { furtherFields } from './words';

interface Props {
  form: Form;
  onForm: (form: Form) => void;
  onStarted: (id: string) => void;
  onTab: (tab: string) => void;
}

export function Write({ form, onForm, onStarted, onTab }: Props) {
  const me = useQuery(scribeQuery);
  const library = useQuery(templatesQuery);
  const below = useRef<HTMLDivElement>(null);
  const failed = me.error ?? library.error;
  if (me.data === undefined || library.data === undefined)
    return failed ? (
      <Failed
        what="scribe"
        reason={failed.message}
        onRetry={() => {
          void me.refetch();
          void library.refetch();
        }}
      />
    ) : (
      <Loading label="Loading the scribe" />
    );
  const example = () => {
    onForm({ ...form, ...EXAMPLE });
    below.current?.scrollIntoView({ behavior: 'smooth', block: 'start' });
  };
  return (
    <div className="flex flex-col gap-4">
      {me.data.onboarded ? null : <FirstRun me={me.data} templates={library.data} onExample={example} onTab={onTab} />}
      <Missing me={me.data} />
      <div ref={below} className="scroll-mt-20">
        <WriteForm
          form={form}
          onForm={onForm}
          onStarted={onStarted}
          me={me.data}
          text={templateOf(form, library.data, me.data.template_id)}
          templates={library.data}
        />
      </div>
    </div>
  );
}

/** What this installation cannot do, said before somebody waits for it. */
function Missing({ me }: { me: Scribe }) {
  const told = [
    me.searches
      ? ''
      : 'No search service is set up: nothing is looked up on the web, so letters rest on what you give.',
    me.model === 'rules' ? 'No model is set up: the built-in rules fill your template in and compose nothing.' : '',
  ].filter(Boolean);
  if (told.length === 0) return null;
  return <p className="rounded-md bg-sunken px-4 py-3 text-ink-muted">{told.join(' ')}</p>;
}

interface FormProps extends Omit<Props, 'onTab'> {
  me: Scribe;
  text: string;
  templates: Parameters<typeof sameTemplate>[1];
}

function WriteForm({ form, onForm, onStarted, me, text, templates }: FormProps) {
  const client = useQueryClient();
  const change = (some: Partial<Form>) => onForm({ ...form, ...some });
  const start = useMutation({
    mutationFn: async () => {
      const same = sameTemplate(text, templates);
      const fields = filledFields(text, form);
      const wish: Wish = {
        key: form.key,
        ...(same ? { template_id: same.id } : { template: text }),
        recipient_name: form.name.trim(),
        ...(form.interest.trim() ? { recipient_interest: form.interest.trim() } : {}),
        ...(form.email.trim() ? { recipient_email: form.email.trim() } : {}),
        ...(Object.keys(fields).length > 0 ? { fields } : {}),
        ...(form.files.length > 0 ? { files: await Promise.all(form.files.map(given)) } : {}),
      };
      return api.post<{ task_id: string }>('/api/email/generate', { ...wish });
    },
    onSuccess: ({ task_id }) => {
      if (!me.onboarded) void api.patch('/api/scribe', { onboarded: true }).catch(() => undefined);
      onForm(emptyForm(text)); // the next one is often to somebody else with the same template
      void client.invalidateQueries({ queryKey: SCRIBE });
      onStarted(task_id);
    },
    // Told that it did not work, one changes something: then it is another wish.
    onError: (failure) => {
      if (failure instanceof ApiError && failure.status >= 400) change({ key: crypto.randomUUID() });
    },
  });
  const further = furtherFields(text);
  return (
    <form
      className="grid items-start gap-4 lg:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <Panel title="What to write">
        <TemplateField text={text} templates={templates} rows={14} onChange={(template) => change({ template })} />
      </Panel>
      <Panel title="To whom">
        <div className="flex flex-col gap-4">
          <TextField
            label="Name"
            required
            autoComplete="off"
            maxLength={200}
            value={form.name}
            onChange={(event) => change({ name: event.target.value })}
          />
          <TextArea
            label="What interests you about them"
            rows={2}
            maxLength={1_000}
            value={form.interest}
            onChange={(event) => change({ interest: event.target.value })}
          />
          <TextField
            label="Where they are"
            maxLength={1_000}
            autoComplete="off"
            value={form.affiliation}
            placeholder="University, company, town"
            hint="Tells them from others of the same name."
            onChange={(event) => change({ affiliation: event.target.value })}
          />
          <TextField
            label="E-mail address"
            type="email"
            autoComplete="off"
            value={form.email}
            hint="Can also be filled in when it is sent."
            onChange={(event) => change({ email: event.target.value })}
          />
          {further.length > 0 ? (
            <fieldset className="flex flex-col gap-3 border-t border-line pt-4">
              <legend className="sr-only">What the template leaves open</legend>
              <p className="text-xs text-ink-muted">Left open by the template. What you leave empty is looked up.</p>
              {further.map((name) => (
                <TextField
                  key={name}
                  label={name}
                  maxLength={1_000}
                  autoComplete="off"
                  value={form.fields[name] ?? ''}
                  onChange={(event) => change({ fields: { ...form.fields, [name]: event.target.value } })}
                />
              ))}
            </fieldset>
          ) : null}
          <FileDrop
            label="Files"
            hint="A CV, a paper, notes: drop them here. They are used as sources."
            files={form.files}
            onChange={(files) => change({ files })}
          />
          {start.error ? (
            <p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-danger">
              {start.error.message}
            </p>
          ) : null}
          <div className="flex flex-wrap items-center gap-3">
            <Button
              look="primary"
              size="large"
              type="submit"
              busy={start.isPending}
              disabled={!text.trim() || !form.name.trim()}
            >
              Write it
            </Button>
            <span className="text-xs text-ink-muted">
              {`${me.left_today.writes.toLocaleString()} more can be written today.`}
            </span>
          </div>
        </div>
      </Panel>
    </form>
  );
}
