// Around every page: tooltips, notices, and the place where pages appear.
import { Outlet } from '@tanstack/react-router';
import { ComposerHost } from '@/compose/ComposerHost';
import { Toaster } from '@/ui/Toast';
import { TooltipProvider } from '@/ui/Tooltip';

export function Root() {
  return (
    <TooltipProvider>
      <Outlet />
      <ComposerHost />
      <Toaster />
    </TooltipProvider>
  );
}
