// What stands where nothing is: an icon, one sentence, perhaps what to do.
import type { ReactNode } from 'react';

interface Props {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <div className="flex h-full min-h-48 flex-col items-center justify-center gap-2 p-8 text-center text-ink-muted">
      {icon ? <div className="mb-2 text-ink-faint [&_svg]:size-10 [&_svg]:stroke-[1.25]">{icon}</div> : null}
      <p className="text-base font-medium text-ink">{title}</p>
      {children ? <div className="max-w-md">{children}</div> : null}
      {action ? <div className="mt-4">{action}</div> : null}
    </div>
  );
}
