// The page "Follow-ups": what is to be done when, what is asked, and what is over.
import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { AddDialog } from '@/account/followups/AddDialog';
import { FollowupDialog } from '@/account/followups/FollowupDialog';
import { EndedOnes, OpenOnes } from '@/account/followups/Lists';
import { PageFrame } from '@/shell/PageFrame';
import { Button } from '@/ui/Button';
import { Tabs } from '@/ui/Tabs';
import { followupsRoute } from './routes';

export default function FollowupsPage() {
  const { followup } = followupsRoute.useSearch();
  const [adding, setAdding] = useState(false);
  const navigate = useNavigate();
  const show = (id: string | undefined) =>
    void navigate({ to: '/followups', search: id ? { followup: id } : {}, resetScroll: false });
  return (
    <PageFrame
      title="Follow-ups"
      actions={
        <Button look="primary" onClick={() => setAdding(true)}>
          <Plus size={16} aria-hidden="true" /> Add
        </Button>
      }
    >
      <Tabs
        label="Follow-ups"
        tabs={[
          { id: 'open', label: 'Open', content: <OpenOnes onOpen={show} onAdd={() => setAdding(true)} /> },
          { id: 'ended', label: 'Over', content: <EndedOnes onOpen={show} /> },
        ]}
      />
      {adding ? <AddDialog onClose={() => setAdding(false)} /> : null}
      {followup ? <FollowupDialog key={followup} id={followup} onClose={() => show(undefined)} /> : null}
    </PageFrame>
  );
}
