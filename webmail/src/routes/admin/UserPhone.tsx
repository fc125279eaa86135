// The phone that somebody writes to the concierge from by WhatsApp; people link theirs by a code, an admin sets it here.
import { useState } from 'react';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { useAdmin, useChange } from './model';
import { Read, Section } from './parts';

interface Phone {
  phone: string | null;
}

export function UserPhone({ user }: { user: string }) {
  const query = useAdmin<Phone>(`users/${user}/phone`);
  return (
    <Section title="Phone" hint="Messages of WhatsApp from this number are this user's.">
      <Read query={query}>
        {query.data ? <Form key={query.data.phone} user={user} phone={query.data.phone} /> : null}
      </Read>
    </Section>
  );
}

function Form({ user, phone }: { user: string; phone: string | null }) {
  const [typed, setTyped] = useState(phone ?? '');
  const change = useChange();
  return (
    <form
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({
          method: 'put',
          path: `users/${user}/phone`,
          body: { phone: typed.trim() || null },
          done: 'Saved.',
        });
      }}
    >
      <TextField
        label="Number"
        type="tel"
        placeholder="+4915112345678"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit" busy={change.isPending} disabled={typed.trim() === (phone ?? '')}>
        Save
      </Button>
    </form>
  );
}
