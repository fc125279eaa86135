// Programs that come with tokens of a provider (client credentials), each with an account of its own.
import { type FormEvent, useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Checkbox } from '@/ui/Checkbox';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { type IdentityProvider, type ProviderService, useAdmin, useChange } from './model';
import { Read } from './parts';

const DOORS = ['api', 'grpc', 'imap', 'smtp', 'sieve'];

export function ProviderServices({ one, onClose }: { one: IdentityProvider; onClose: () => void }) {
  const query = useAdmin<{ services: ProviderService[] }>(`providers/${one.id}/services`);
  const [email, setEmail] = useState('');
  const [subject, setSubject] = useState('');
  const [scopes, setScopes] = useState(['api']);
  const change = useChange(() => {
    setEmail('');
    setSubject('');
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      method: 'post',
      path: `providers/${one.id}/services`,
      body: { email: email.trim(), subject: subject.trim(), scopes },
      done: `Tokens of ${subject.trim()} open ${email.trim()} now.`,
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Services of ${one.name}`}
      description="Programs with tokens of their own. Nobody signs in to their accounts."
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <Read query={query}>
        <ul className="mb-6 flex flex-col gap-2">
          {query.data?.services.map((service) => (
            <li key={service.id} className="flex flex-wrap items-center gap-2">
              <span className="font-medium break-all">{service.email}</span>
              {service.scopes.map((door) => (
                <Badge key={door}>{door}</Badge>
              ))}
              <Button
                size="small"
                look="quiet"
                onClick={() =>
                  change.mutate({
                    method: 'delete',
                    path: `providers/${one.id}/services/${service.id}`,
                    done: `Its tokens open ${service.email} no more.`,
                  })
                }
              >
                Remove
              </Button>
            </li>
          ))}
          {query.data?.services.length === 0 ? <li className="text-ink-muted">There is none yet.</li> : null}
        </ul>
      </Read>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Account"
          type="email"
          hint="Its own; made when nobody has the address."
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          required
        />
        <TextField
          label="Subject"
          hint="“sub” of its tokens: the client’s id; with Keycloak the id of its service account."
          value={subject}
          onChange={(event) => setSubject(event.target.value)}
          spellCheck={false}
          required
        />
        <fieldset className="flex flex-wrap gap-4">
          <legend className="mb-1 font-medium">Where it may come</legend>
          {DOORS.map((door) => (
            <Checkbox
              key={door}
              label={door}
              checked={scopes.includes(door)}
              onChange={(event) =>
                setScopes(event.target.checked ? [...scopes, door] : scopes.filter((each) => each !== door))
              }
            />
          ))}
        </fieldset>
        <Button type="submit" look="primary" busy={change.isPending} disabled={scopes.length === 0}>
          Add service
        </Button>
      </form>
    </Dialog>
  );
}
