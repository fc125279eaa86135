// One domain: its DNS records with a live check of each, its policies, and its keys.
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ArrowLeft, Copy, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { api } from '@/api/rest';
import { Badge, type Tone } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { IconButton } from '@/ui/IconButton';
import { toast, toastError } from '@/ui/Toast';
import { DomainPolicies } from './DomainPolicies';
import { type DnsRecord, type Domain, type RecordState, useAdmin, useChange, useReach } from './model';
import { Read, Section } from './parts';

const STATES: Record<RecordState, { word: string; tone: Tone }> = {
  ok: { word: 'found', tone: 'success' },
  missing: { word: 'missing', tone: 'danger' },
  differs: { word: 'differs', tone: 'warning' },
  unknown: { word: 'could not be asked', tone: 'neutral' },
};

export default function Page() {
  const { name } = useParams({ from: '/signed-in/admin/domains/$name' });
  const { operator } = useReach();
  const domains = useAdmin<{ domains: Domain[] }>('domains');
  const domain = domains.data?.domains.find((one) => one.name === name);
  const [removing, setRemoving] = useState(false);
  const navigate = useNavigate();
  const change = useChange(() => void navigate({ to: '/admin/domains' }));
  return (
    <>
      <Link to="/admin/domains" className="mb-4 inline-flex items-center gap-1 text-ink-muted hover:text-ink">
        <ArrowLeft size={16} aria-hidden="true" /> Domains
      </Link>
      <Records name={name} />
      <Read query={domains}>
        {domain ? <DomainPolicies key={domain.name} domain={domain} /> : <p>There is no such domain.</p>}
      </Read>
      {operator && domain ? (
        <Section title="Remove" hint="Possible when no address of the domain is left.">
          <Button look="danger" onClick={() => setRemoving(true)} disabled={domain.addresses > 0}>
            Remove {name}
          </Button>
        </Section>
      ) : null}
      <ConfirmDialog
        open={removing}
        onClose={() => setRemoving(false)}
        onConfirm={() => change.mutate({ method: 'delete', path: `domains/${name}`, done: `${name} was removed.` })}
        title={`Remove ${name}?`}
        description="Mail for it is refused from then on, and its signing keys are gone."
        action="Remove domain"
        dangerous
        busy={change.isPending}
      />
    </>
  );
}

function Records({ name }: { name: string }) {
  const query = useAdmin<{ records: DnsRecord[] }>(`domains/${name}/dns`);
  const check = useMutation({
    mutationFn: () => api.post<{ records: DnsRecord[] }>(`/api/admin/domains/${name}/dns/check`, {}),
    onError: (failure) => toastError(failure),
  });
  const rotate = useChange();
  const [asking, setAsking] = useState<'make' | 'use' | null>(null);
  const records = check.data?.records ?? query.data?.records ?? [];
  return (
    <Section
      title={`DNS records of ${name}`}
      hint="Set these where the domain is registered; then other servers find and believe us."
      actions={
        <>
          <Button onClick={() => setAsking('make')}>Make new keys</Button>
          <Button onClick={() => setAsking('use')}>Sign with new keys</Button>
          <Button
            look="primary"
            icon={<RefreshCw aria-hidden="true" />}
            busy={check.isPending}
            onClick={() => check.mutate()}
          >
            Check now
          </Button>
        </>
      }
    >
      <Read query={query}>
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {records.map((record) => (
            <Record key={`${record.type} ${record.name} ${record.value}`} record={record} />
          ))}
        </ul>
      </Read>
      <ConfirmDialog
        open={asking === 'make'}
        onClose={() => setAsking(null)}
        onConfirm={() => {
          setAsking(null);
          rotate.mutate({
            method: 'post',
            path: `domains/${name}/rotate-dkim`,
            done: 'New keys were made. Set their records, check, then sign with them.',
          });
        }}
        title="Make new signing keys?"
        description="Their records join the list. Mail is signed with the old keys until you say otherwise."
        action="Make keys"
      />
      <ConfirmDialog
        open={asking === 'use'}
        onClose={() => setAsking(null)}
        onConfirm={() => {
          setAsking(null);
          rotate.mutate({
            method: 'post',
            path: `domains/${name}/rotate-dkim`,
            body: { activate: true },
            done: 'Mail is signed with the new keys. Remove the old records in a week.',
          });
        }}
        title="Sign with the new keys?"
        description="Check first that their records are found: mail signed with a key that nobody finds is not believed."
        action="Sign with them"
      />
    </Section>
  );
}

function Record({ record }: { record: DnsRecord }) {
  const state = record.state ? STATES[record.state] : null;
  const copy = () =>
    void navigator.clipboard.writeText(record.value).then(() => toast({ text: 'The value was copied.' }), toastError);
  return (
    <li className="flex flex-col gap-1 px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <Badge>{record.type}</Badge>
        <code className="min-w-0 break-all">{record.name}</code>
        {record.optional ? <span className="text-xs text-ink-muted">optional</span> : null}
        <span className="ml-auto">{state ? <Badge tone={state.tone}>{state.word}</Badge> : null}</span>
      </div>
      <div className="flex items-start gap-2">
        <code className="min-w-0 flex-1 rounded bg-sunken px-2 py-1 text-xs break-all">{record.value}</code>
        <IconButton
          label={`Copy the value of ${record.type} ${record.name}`}
          icon={<Copy aria-hidden="true" />}
          size="small"
          onClick={copy}
        />
      </div>
      <p className="text-xs text-ink-muted">{record.purpose}</p>
      {record.hint && record.state !== 'ok' ? <p className="text-xs">{record.hint}</p> : null}
      {record.found && record.found.length > 0 && record.state === 'differs' ? (
        <p className="text-xs text-ink-muted">
          Found: <code className="break-all">{record.found.join(' · ')}</code>
        </p>
      ) : null}
    </li>
  );
}
