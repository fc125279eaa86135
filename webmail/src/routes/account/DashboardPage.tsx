// The page "Dashboard": what needs one first, then usage and plan, the agents and what they did.
import { useNavigate } from '@tanstack/react-router';
import { AgentsBanner } from '@/account/agents/AgentsBanner';
import { Agents } from '@/account/dashboard/Agents';
import { Tasks } from '@/account/dashboard/Tasks';
import { TaskTrace } from '@/account/dashboard/TaskTrace';
import { UsagePanels } from '@/account/dashboard/UsagePanels';
import { PageFrame } from '@/shell/PageFrame';
import { dashboardRoute } from './routes';

export default function DashboardPage() {
  const { task, status } = dashboardRoute.useSearch();
  const navigate = useNavigate();
  const show = (change: { task?: string | undefined; status?: string | undefined }) => {
    const wanted = { task, status, ...change };
    void navigate({
      to: '/dashboard',
      search: { ...(wanted.task ? { task: wanted.task } : {}), ...(wanted.status ? { status: wanted.status } : {}) },
      resetScroll: false,
    });
  };
  return (
    <PageFrame title="Dashboard">
      <div className="flex flex-col gap-4">
        <AgentsBanner />
        <UsagePanels />
        <Agents />
        <Tasks status={status} onStatus={(next) => show({ status: next })} onOpen={(id) => show({ task: id })} />
      </div>
      {task ? <TaskTrace id={task} onClose={() => show({ task: undefined })} /> : null}
    </PageFrame>
  );
}
