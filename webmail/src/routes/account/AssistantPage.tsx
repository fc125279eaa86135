// The page "Assistant": what it does, what it made of one's mail, accounts elsewhere, rules, VIPs and how one writes.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { connectionsQuery, settingsQuery } from '@/account/assistant/api';
import { Connections } from '@/account/assistant/Connections';
import { ItemDialog } from '@/account/assistant/ItemDialog';
import { Items } from '@/account/assistant/Items';
import { Rules, Vips } from '@/account/assistant/Rules';
import { StyleNote } from '@/account/assistant/StyleNote';
import { Working } from '@/account/assistant/Working';
import { asSentence } from '@/api/rest';
import { PageFrame } from '@/shell/PageFrame';
import { IconButton } from '@/ui/IconButton';
import { assistantRoute } from './routes';

export default function AssistantPage() {
  const { item, connected, error } = assistantRoute.useSearch();
  const navigate = useNavigate();
  const on = useQuery(settingsQuery).data?.enabled;
  const failures = useQuery(connectionsQuery).data?.failures;
  const show = (id: string | undefined) =>
    void navigate({ to: '/assistant', search: id ? { item: id } : {}, resetScroll: false });
  return (
    <PageFrame title="Assistant">
      <div className="flex flex-col gap-4">
        {error ? (
          <Notice
            tone="danger"
            text={asSentence(failures?.[error] ?? 'the account was not connected')}
            onClose={() => show(undefined)}
          />
        ) : connected ? (
          <Notice tone="success" text="The account is connected." onClose={() => show(undefined)} />
        ) : null}
        {on ? <Items onOpen={show} /> : null}
        <Working />
        <Connections />
        <Rules />
        <Vips />
        <StyleNote />
      </div>
      {item ? <ItemDialog key={item} id={item} onClose={() => show(undefined)} /> : null}
    </PageFrame>
  );
}

function Notice({ tone, text, onClose }: { tone: 'success' | 'danger'; text: string; onClose: () => void }) {
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={`flex items-center justify-between gap-4 rounded-md px-4 py-3 ${
        tone === 'danger' ? 'bg-danger-soft text-danger' : 'bg-success-soft text-success'
      }`}
    >
      <p className="break-words">{text}</p>
      <IconButton size="small" label="Dismiss" icon={<X aria-hidden="true" />} onClick={onClose} />
    </div>
  );
}
