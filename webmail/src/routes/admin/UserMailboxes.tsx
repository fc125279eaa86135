// The mailboxes of one user: sizes, never what is in them; and how long each keeps its mail.
import { useState } from 'react';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { type AdminMailbox, size, useAdmin, useChange, useReach } from './model';
import { Read, Section } from './parts';

export function UserMailboxes({ user }: { user: string }) {
  const { admin } = useReach();
  const query = useAdmin<{ mailboxes: AdminMailbox[] }>('mailboxes', { user });
  const [chosen, setChosen] = useState<AdminMailbox | null>(null);
  return (
    <Section title="Mailboxes">
      <Read query={query}>
        <Table
          caption="Mailboxes"
          rows={query.data?.mailboxes ?? []}
          rowKey={(one) => one.id}
          columns={[
            { id: 'name', header: 'Mailbox', cell: (one) => one.name },
            { id: 'total', header: 'Messages', align: 'right', cell: (one) => one.total },
            { id: 'unseen', header: 'Unread', align: 'right', cell: (one) => one.unseen },
            { id: 'size', header: 'Size', align: 'right', cell: (one) => size(one.size_bytes) },
            {
              id: 'kept',
              header: 'Kept',
              cell: (one) => (one.retain_days === null ? 'as the domain' : `${one.retain_days} days`),
            },
            ...(admin
              ? [
                  {
                    id: 'do',
                    header: <span className="sr-only">Actions</span>,
                    align: 'right' as const,
                    cell: (one: AdminMailbox) => (
                      <Button
                        size="small"
                        look="quiet"
                        aria-label={`Change how long ${one.name} keeps mail`}
                        onClick={() => setChosen(one)}
                      >
                        Retention
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Read>
      {chosen ? <RetentionDialog mailbox={chosen} onClose={() => setChosen(null)} /> : null}
    </Section>
  );
}

function RetentionDialog({ mailbox, onClose }: { mailbox: AdminMailbox; onClose: () => void }) {
  const [days, setDays] = useState(mailbox.retain_days === null ? '' : String(mailbox.retain_days));
  const change = useChange(onClose);
  const number = days.trim() === '' ? null : Number(days);
  const bad = number !== null && (!Number.isInteger(number) || number < 1);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`How long ${mailbox.name} keeps mail`}
      width="narrow"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={bad}
            busy={change.isPending}
            onClick={() =>
              change.mutate({
                method: 'patch',
                path: `mailboxes/${mailbox.id}`,
                body: { retain_days: number },
                done: 'The retention was changed.',
              })
            }
          >
            Save
          </Button>
        </>
      }
    >
      <TextField
        label="Days"
        hint="Empty: as the domain says. Older mail is removed every night."
        inputMode="numeric"
        value={days}
        onChange={(event) => setDays(event.target.value)}
        error={bad ? 'A whole number of days, or nothing.' : undefined}
      />
    </Dialog>
  );
}
