// The page "Scribe": having mail written, what is being written, what was, templates; and one mail with what it rests on.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { Loaded } from '@/account/Panel';
import { mailQuery } from '@/account/scribe/api';
import { emptyForm } from '@/account/scribe/form';
import { MailActions } from '@/account/scribe/MailActions';
import { Mails } from '@/account/scribe/Mails';
import { MailView } from '@/account/scribe/MailView';
import { Queue } from '@/account/scribe/Queue';
import { Settings } from '@/account/scribe/Settings';
import { Templates } from '@/account/scribe/Templates';
import { Write } from '@/account/scribe/Write';
import { PageFrame } from '@/shell/PageFrame';
import { Button } from '@/ui/Button';
import { Tabs } from '@/ui/Tabs';
import { scribeRoute } from './routes';

export default function ScribePage() {
  const { tab = 'write', mail, batch = '' } = scribeRoute.useSearch();
  const [form, setForm] = useState(() => emptyForm());
  const navigate = useNavigate();
  const go = (search: { tab?: string; mail?: string; batch?: string }) => void navigate({ to: '/scribe', search });
  const open = (id: string) => go({ tab, ...(batch ? { batch } : {}), mail: id });
  if (mail) return <OneMail key={mail} id={mail} tab={tab} onBack={() => go({ tab, ...(batch ? { batch } : {}) })} />;
  return (
    <PageFrame title="Scribe">
      <Tabs
        label="Scribe"
        value={tab}
        onChange={(next) => go({ tab: next })}
        tabs={[
          {
            id: 'write',
            label: 'Write',
            content: <Write form={form} onForm={setForm} onStarted={open} onTab={(next) => go({ tab: next })} />,
          },
          {
            id: 'queue',
            label: 'Queue',
            content: (
              <Queue batch={batch} onOpen={open} onBatch={(id) => go({ tab: 'queue', ...(id ? { batch: id } : {}) })} />
            ),
          },
          { id: 'mails', label: 'Mails', content: <Mails onOpen={open} onWrite={() => go({ tab: 'write' })} /> },
          {
            id: 'templates',
            label: 'Templates',
            content: (
              <Templates
                onUse={(template) => {
                  setForm({ ...form, template });
                  go({ tab: 'write' });
                }}
              />
            ),
          },
          { id: 'settings', label: 'Settings', content: <Settings /> },
        ]}
      />
    </PageFrame>
  );
}

const BACK: Record<string, string> = { write: 'Write another', queue: 'The queue', mails: 'All mails' };

function OneMail({ id, tab, onBack }: { id: string; tab: string; onBack: () => void }) {
  const mail = useQuery(mailQuery(id));
  const [editing, setEditing] = useState(false);
  const found = mail.data;
  return (
    <PageFrame
      title={found ? `To ${found.recipient_name}` : 'Mail'}
      actions={
        found ? (
          <MailActions mail={found} editing={editing} onEdit={() => setEditing(true)} onGone={onBack} />
        ) : undefined
      }
    >
      <div className="-mt-4 mb-4">
        <Button look="quiet" size="small" className="-ml-3" icon={<ArrowLeft aria-hidden="true" />} onClick={onBack}>
          {BACK[tab] ?? 'Back'}
        </Button>
      </div>
      <Loaded of={mail} what="mail">
        {(one) => <MailView mail={one} editing={editing} onEdited={() => setEditing(false)} />}
      </Loaded>
    </PageFrame>
  );
}
