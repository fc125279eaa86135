// The agents that work for one's organisation: what each does, whether it is on, and how to give it something to do.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bot, Copy, Mail, SlidersHorizontal } from 'lucide-react';
import { Loaded, Panel } from '@/account/Panel';
import { useSession } from '@/api/session';
import { openComposer } from '@/compose/open';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { copyText } from '../copy';
import { type Agent, agentsQuery } from './api';

const HOW_TO: Record<string, (email: string | null) => string> = {
  employee: (email) =>
    `Mail ${email ?? 'it'} any task, with what it needs attached. The answer comes in the same thread.`,
  assistant: () => 'Nothing to do: it sorts what comes in, and leaves a draft in Drafts where a reply is due.',
  concierge: (email) =>
    `Write ${email ?? 'to it'} what to follow up on and when: “remind me of the clinic next Friday morning”.`,
  scribe: () => 'Open the page Scribe: a template and a name are enough.',
};

export function Agents() {
  const agents = useQuery(agentsQuery);
  return (
    <Panel
      title="Agents"
      description="Who works for you here, and how to use them."
      actions={
        <Link
          to="/agents"
          className="inline-flex h-9 items-center gap-2 rounded-md border border-line-strong/50 px-4 font-medium hover:bg-hover"
        >
          <SlidersHorizontal size={16} aria-hidden="true" />
          Approvals and limits
        </Link>
      }
    >
      <Loaded of={agents} what="agents">
        {(found) =>
          found.length === 0 ? (
            <EmptyState icon={<Bot aria-hidden="true" />} title="No agent serves your organisation yet." />
          ) : (
            <ul className="grid gap-4 md:grid-cols-2">
              {found.map((agent) => (
                <OneAgent key={agent.id} agent={agent} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function OneAgent({ agent }: { agent: Agent }) {
  const { user } = useSession();
  const { email } = agent;
  return (
    <li className="flex flex-col gap-2 rounded-md border border-line p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-semibold">{agent.name}</h3>
        <Badge tone={agent.enabled ? 'success' : 'neutral'}>{agent.enabled ? 'On' : 'Off'}</Badge>
      </div>
      <p className="text-ink-muted">{agent.description}</p>
      {agent.enabled && HOW_TO[agent.agent] ? <p>{HOW_TO[agent.agent]?.(email)}</p> : null}
      {email && agent.enabled ? (
        <div className="mt-auto flex flex-wrap gap-2 pt-2">
          {user.has_mailbox ? (
            <Button
              size="small"
              icon={<Mail aria-hidden="true" />}
              onClick={() => openComposer({ kind: 'new', to: email })}
            >
              Write to {email.split('@')[0]}
            </Button>
          ) : (
            <a
              href={`mailto:${email}`}
              className="inline-flex h-8 items-center gap-2 rounded-md border border-line-strong/50 px-3 text-[13px] font-medium hover:bg-hover"
            >
              <Mail size={16} aria-hidden="true" />
              Write to {email.split('@')[0]}
            </a>
          )}
          <Button
            size="small"
            look="quiet"
            icon={<Copy aria-hidden="true" />}
            onClick={() => void copyText(email, 'Address copied')}
          >
            Copy address
          </Button>
        </div>
      ) : null}
    </li>
  );
}
