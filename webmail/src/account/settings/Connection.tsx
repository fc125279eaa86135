// What to type into a mail program: read from the same file that programs with automatic set-up read.
import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { Loaded, Panel } from '@/account/Panel';
import { ApiError } from '@/api/rest';
import { useSession } from '@/api/session';
import { IconButton } from '@/ui/IconButton';
import { copyText } from '../copy';

interface Door {
  what: string;
  host: string;
  port: string;
  security: string;
}

export function Connection() {
  const { user } = useSession();
  const doors = useQuery({
    queryKey: ['connection', user.email],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => readDoors(user.email),
  });
  return (
    <Panel
      title="Setting up a mail program"
      description="Most programs find these by themselves once they know your address. The password is an app password."
    >
      <Loaded of={doors} what="settings">
        {(found) => (
          <dl className="grid gap-4 sm:grid-cols-2">
            <Fact name="User name" value={user.email} />
            {found.map((door) => (
              <Fact key={door.port} name={door.what} value={`${door.host}:${door.port}`} note={door.security} />
            ))}
            <Fact name="JMAP" value={`${window.location.origin}/.well-known/jmap`} />
          </dl>
        )}
      </Loaded>
    </Panel>
  );
}

function Fact({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <dt className="text-xs text-ink-muted">
        {name}
        {note ? `, ${note}` : ''}
      </dt>
      <dd className="flex items-center gap-1 font-mono text-[13px]">
        <span className="break-all">{value}</span>
        <IconButton
          size="small"
          label={`Copy ${name}`}
          icon={<Copy />}
          onClick={() => void copyText(value, 'Copied')}
        />
      </dd>
    </div>
  );
}

const SECURITY: Record<string, string> = { SSL: 'TLS', STARTTLS: 'STARTTLS', plain: 'not encrypted' };

async function readDoors(email: string): Promise<Door[]> {
  const response = await fetch(
    `/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(email)}`,
  );
  if (!response.ok) throw new ApiError(response.status, 'unknown', 'The server does not tell them.');
  return doorsOf(await response.text());
}

/** The servers named in an autoconfiguration file. */
export function doorsOf(xml: string): Door[] {
  const file = new DOMParser().parseFromString(xml, 'application/xml');
  return [...file.querySelectorAll('incomingServer, outgoingServer')].flatMap((server) => {
    const text = (name: string) => server.querySelector(name)?.textContent ?? '';
    const kind = (server.getAttribute('type') ?? '').toUpperCase();
    const socket = text('socketType');
    if (!text('hostname') || !text('port') || text('port') === 'None') return [];
    const what = `${server.tagName === 'incomingServer' ? 'Incoming' : 'Outgoing'} (${kind})`;
    return [{ what, host: text('hostname'), port: text('port'), security: SECURITY[socket] ?? socket }];
  });
}
