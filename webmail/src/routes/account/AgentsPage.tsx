// The page "Agents": what holds them back. Stopping them, what they ask, what they have not sent yet, what they may do unasked.
import { useNavigate } from '@tanstack/react-router';
import { ApprovalDialog } from '@/account/agents/ApprovalDialog';
import { Earlier, Pending } from '@/account/agents/Approvals';
import { Grants } from '@/account/agents/Grants';
import { HeldMail } from '@/account/agents/HeldMail';
import { StopSwitch } from '@/account/agents/StopSwitch';
import { PageFrame } from '@/shell/PageFrame';
import { agentsRoute } from './routes';

export default function AgentsPage() {
  const { approval } = agentsRoute.useSearch();
  const navigate = useNavigate();
  const show = (id: string | undefined) =>
    void navigate({ to: '/agents', search: id ? { approval: id } : {}, resetScroll: false });
  return (
    <PageFrame title="Agents">
      <div className="flex flex-col gap-4">
        <StopSwitch />
        <Pending onOpen={show} />
        <HeldMail />
        <Grants />
        <Earlier onOpen={show} />
      </div>
      {approval ? <ApprovalDialog key={approval} id={approval} onClose={() => show(undefined)} /> : null}
    </PageFrame>
  );
}
