// What agents have written and not sent yet: because it is held for a while, or because they are stopped. It can be taken back.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { Loaded, Panel } from '@/account/Panel';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { toast, toastError } from '@/ui/Toast';
import { sentence } from '../dashboard/api';
import { formatAgo } from '../format';
import { AGENTS, type Held, heldQuery } from './api';

export function HeldMail() {
  const held = useQuery(heldQuery);
  return (
    <Panel title="Not sent yet" description="What agents have written for you and what can still be taken back.">
      <Loaded of={held} what="mail that waits">
        {(found) =>
          found.length === 0 ? (
            <p className="text-ink-muted">Nothing is held.</p>
          ) : (
            <ul className="divide-y divide-line">
              {found.map((one) => (
                <OneHeld key={one.id} held={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function OneHeld({ held }: { held: Held }) {
  const client = useQueryClient();
  const takeBack = useMutation({
    mutationFn: () => api.post(`/api/agents/held/${encodeURIComponent(held.id)}/cancel`),
    onSuccess: () => toast({ text: `Taken back. ${held.recipient} does not get it.` }),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: AGENTS }),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium break-words">{held.subject || '(no subject)'}</p>
        <p className="text-xs break-words text-ink-muted">
          {sentence(held.agent)} to {held.recipient} ·{' '}
          {held.leaves_at ? `leaves ${formatAgo(held.leaves_at)}` : 'held by the stop switch'}
        </p>
      </div>
      <Button
        size="small"
        icon={<Undo2 aria-hidden="true" />}
        aria-label={`Take back ${held.subject || 'the mail'} to ${held.recipient}`}
        busy={takeBack.isPending}
        onClick={() => takeBack.mutate()}
      >
        Take back
      </Button>
    </li>
  );
}
