// On the dashboard: that something waits for one's decision, or that agents are stopped, with the way there.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Hand, MailQuestion } from 'lucide-react';
import { pendingQuery, stopQuery } from './api';
import { withoutStop } from './words';

const LINK = 'shrink-0 font-medium underline underline-offset-2';

export function AgentsBanner() {
  const waiting = useQuery(pendingQuery).data?.length ?? 0;
  const stopped = useQuery(stopQuery).data;
  if (waiting === 0 && !stopped?.stopped) return null;
  return (
    <section aria-label="What needs you" className="flex flex-col gap-2">
      {stopped?.stopped ? (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md bg-danger-soft px-4 py-3 text-danger">
          <p className="flex min-w-0 flex-1 basis-64 items-start gap-2 font-medium">
            <Hand size={16} aria-hidden="true" className="mt-0.5 shrink-0" />
            <span className="min-w-0 break-words">Agents are stopped: {withoutStop(stopped.because)}.</span>
          </p>
          <Link to="/agents" className={LINK}>
            Stop switch
          </Link>
        </div>
      ) : null}
      {waiting > 0 ? (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md bg-warning-soft px-4 py-3 text-warning">
          <p className="flex min-w-0 flex-1 basis-64 items-start gap-2 font-medium">
            <MailQuestion size={16} aria-hidden="true" className="mt-0.5 shrink-0" />
            {waiting === 1 ? 'A message waits for your approval.' : `${waiting} messages wait for your approval.`}
          </p>
          <Link to="/agents" className={LINK}>
            Look and decide
          </Link>
        </div>
      ) : null}
    </section>
  );
}
