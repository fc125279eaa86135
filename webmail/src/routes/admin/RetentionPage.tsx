// Every policy by which mail goes by itself, in one place.
import { Link } from '@tanstack/react-router';
import { Table } from '@/ui/Table';
import { type Retention, useAdmin } from './model';
import { Read, Section } from './parts';

const LINK = 'font-medium text-accent underline underline-offset-2';

export default function Page() {
  const query = useAdmin<Retention>('retention');
  const known = query.data;
  return (
    <Read query={query}>
      {known ? (
        <>
          <Section title="Retention" hint="Older mail is removed every night. Change a domain's time on its page.">
            <Table
              caption="Domains"
              rows={known.domains}
              rowKey={(one) => one.name}
              columns={[
                {
                  id: 'name',
                  header: 'Domain',
                  cell: (one) => (
                    <Link to="/admin/domains/$name" params={{ name: one.name }} className={LINK}>
                      {one.name}
                    </Link>
                  ),
                },
                { id: 'kept', header: 'Mail is kept', cell: (one) => kept(one.retain_days) },
              ]}
            />
          </Section>
          <Section title="Mailboxes with a time of their own">
            <Table
              caption="Mailboxes with a time of their own"
              rows={known.mailboxes}
              rowKey={(one) => one.id}
              empty="None: every mailbox follows its domain."
              columns={[
                {
                  id: 'user',
                  header: 'User',
                  cell: (one) => (
                    <Link to="/admin/users/$id" params={{ id: one.user_id }} className={LINK}>
                      {one.user}
                    </Link>
                  ),
                },
                { id: 'name', header: 'Mailbox', cell: (one) => one.name },
                { id: 'kept', header: 'Mail is kept', cell: (one) => kept(one.retain_days) },
              ]}
            />
          </Section>
          <Section title="Of the whole server" hint="Settings of the server, which whoever starts it can change.">
            <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-[max-content_1fr]">
              <dt className="font-medium">Text of messages is removed</dt>
              <dd>{known.redact_after_days === null ? 'never' : `after ${known.redact_after_days} days`}</dd>
              <dt className="font-medium">Audit log is kept</dt>
              <dd>{known.audit_kept_days} days</dd>
              <dt className="font-medium">What came in is remembered</dt>
              <dd>{known.deliveries_kept_days} days</dd>
              <dt className="font-medium">What was sent is remembered</dt>
              <dd>{known.outbox_kept_days} days</dd>
            </dl>
          </Section>
        </>
      ) : null}
    </Read>
  );
}

function kept(days: number | null): string {
  return days === null ? 'for good' : `${days} days`;
}
