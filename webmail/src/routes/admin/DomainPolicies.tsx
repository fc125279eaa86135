// How long a domain's mail is kept, where copies go, and what happens to mail that its sender does not vouch for.
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { type Domain, useChange } from './model';
import { Section } from './parts';

const FAILURES = [
  { value: 'policy', label: 'do what the sender asks for (DMARC)' },
  { value: 'reject', label: 'refuse it' },
  { value: 'quarantine', label: 'put it into Junk' },
  { value: 'mark', label: 'deliver it, marked' },
] as const;

export function DomainPolicies({ domain }: { domain: Domain }) {
  const [days, setDays] = useState(domain.retain_days === null ? '' : String(domain.retain_days));
  const [journal, setJournal] = useState(domain.journal_address ?? '');
  const [failure, setFailure] = useState(domain.on_failure);
  const change = useChange();
  const number = days.trim() === '' ? null : Number(days);
  const bad = number !== null && (!Number.isInteger(number) || number < 1);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      method: 'patch',
      path: `domains/${domain.name}`,
      body: { retain_days: number, journal_address: journal.trim() || null, on_failure: failure },
      done: 'The policies were changed.',
    });
  };
  return (
    <Section title="Policies">
      <form onSubmit={submit} className="flex max-w-xl flex-col gap-4">
        <TextField
          label="Keep mail for (days)"
          hint="Empty: for good. Mailboxes may have a shorter time of their own."
          inputMode="numeric"
          value={days}
          onChange={(event) => setDays(event.target.value)}
          error={bad ? 'A whole number of days, or nothing.' : undefined}
        />
        <TextField
          label="Journaling: a copy of all mail goes to"
          hint="Every mail from and to the domain, with its envelope. Empty: no copies. People should know."
          type="email"
          value={journal}
          onChange={(event) => setJournal(event.target.value)}
        />
        <Select
          label="Mail that fails its sender's own check"
          value={failure}
          onChange={setFailure}
          options={FAILURES}
        />
        <div>
          <Button look="primary" type="submit" busy={change.isPending} disabled={bad}>
            Save policies
          </Button>
        </div>
      </form>
    </Section>
  );
}
