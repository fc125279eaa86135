// The first time: three things that make good mail, each with its way there; an example for who only wants to look.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { toastError } from '@/ui/Toast';
import { Panel } from '../Panel';
import { scribeQuery } from './api';
import type { Scribe, Template } from './types';

interface Props {
  me: Scribe;
  templates: readonly Template[];
  onExample: () => void;
  onTab: (tab: string) => void;
}

export function FirstRun({ me, templates, onExample, onTab }: Props) {
  const client = useQueryClient();
  const skip = useMutation({
    mutationFn: () => api.patch<Scribe>('/api/scribe', { onboarded: true }),
    onSuccess: (after) => client.setQueryData(scribeQuery.queryKey, after),
    onError: (failure) => toastError(failure),
  });
  return (
    <Panel
      title="Mail that was researched, one person at a time"
      description="You write a template once. For each recipient the scribe reads what is public about them, writes the mail, and shows for every claim the sentence it comes from."
      actions={
        <Button size="small" look="quiet" busy={skip.isPending} onClick={() => skip.mutate()}>
          Hide this
        </Button>
      }
    >
      <ol className="grid gap-4 md:grid-cols-3">
        <Point done={templates.length > 0} number={1} title="A template">
          <p>Write one below, or have one made of your CV or your page.</p>
          <Button size="small" onClick={() => onTab('templates')}>
            Make one
          </Button>
        </Point>
        <Point done={me.note !== ''} number={2} title="Who you are">
          <p>A line with your name and where you can be reached stands below each mail.</p>
          <Button size="small" onClick={() => onTab('settings')}>
            Write it
          </Button>
        </Point>
        <Point done={me.generated > 0} number={3} title="A first mail">
          <p>Fill in the form below, or look at how it goes with an example.</p>
          <Button size="small" onClick={onExample}>
            Fill in an example
          </Button>
        </Point>
      </ol>
    </Panel>
  );
}

function Point({
  done,
  number,
  title,
  children,
}: {
  done: boolean;
  number: number;
  title: string;
  children: ReactNode;
}) {
  return (
    <li className="flex gap-3">
      <span
        className={classes(
          'inline-flex size-7 shrink-0 items-center justify-center rounded-full text-xs font-semibold',
          done ? 'bg-success-soft text-success' : 'bg-sunken text-ink-muted',
        )}
      >
        {done ? <Check size={16} aria-hidden="true" /> : number}
      </span>
      <div className="flex min-w-0 flex-col items-start gap-2">
        <h3 className="font-medium">
          {title}
          {done ? <span className="sr-only"> (done)</span> : null}
        </h3>
        <div className="flex flex-col items-start gap-2 text-ink-muted">{children}</div>
      </div>
    </li>
  );
}
