// What happened to a message, step by step, with the reason of each: from the server's own records.
import { useQuery } from '@tanstack/react-query';
import { callsQuery } from '@/account/dashboard/calls';
import { ModelCallList } from '@/account/dashboard/ModelCalls';
import { api } from '@/api/rest';
import { Dialog } from '@/ui/Dialog';
import { Loading } from '@/ui/Spinner';

interface Step {
  at: string;
  stage: string;
  detail: string;
  because?: string;
}

/** With a capital letter, unless it begins with an address. */
const sentence = (text: string) => (/^\S*@/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1));
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function TraceDialog({ emailId, onClose }: { emailId: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ['trace', emailId],
    staleTime: 0,
    queryFn: () => api.get<{ steps: Step[]; summary: string }>(`/api/mail/${emailId}/trace`),
  });
  return (
    <Dialog open onClose={onClose} title="What happened to it" description={data?.summary}>
      {error ? <p role="alert">{error.message}</p> : null}
      {!data && !error ? <Loading /> : null}
      {data?.steps.length === 0 ? <p className="text-ink-muted">Nothing was recorded about this message.</p> : null}
      <ol className="mt-2">
        {data?.steps.map((step, index) => (
          <li key={`${step.at}-${step.stage}-${step.detail}`} className="relative flex gap-4 pb-4">
            {index < data.steps.length - 1 ? (
              <span aria-hidden="true" className="absolute top-4 bottom-0 left-[5px] w-px bg-line-strong/50" />
            ) : null}
            <span
              aria-hidden="true"
              className="mt-1.5 size-[11px] shrink-0 rounded-full border-2 border-accent bg-surface"
            />
            <div className="min-w-0 flex-1">
              <p className="font-medium break-words">{sentence(step.detail || step.stage)}</p>
              {step.because ? <p className="break-words text-ink-muted">{sentence(step.because)}</p> : null}
              <time dateTime={step.at} className="text-xs text-ink-muted tabular-nums">
                {moment.format(new Date(step.at))}
              </time>
            </div>
          </li>
        ))}
      </ol>
      <ModelsAsked emailId={emailId} />
    </Dialog>
  );
}

/** Which models read it, and what they were sent. Nothing where none was asked, or not for oneself. */
function ModelsAsked({ emailId }: { emailId: string }) {
  const calls = useQuery(callsQuery('messages', emailId)).data;
  if (!calls?.length) return null;
  return (
    <section aria-labelledby="models-asked">
      <h3 id="models-asked" className="mb-2 font-semibold">
        Models asked
      </h3>
      <ModelCallList calls={calls} />
    </section>
  );
}
