// Says that the server cannot be reached, and tries again when asked.
import { WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { queries } from '@/api/queries';
import { useConnection } from '@/mail/live';
import { Button } from '@/ui/Button';

export function ConnectionBanner() {
  const connection = useConnection();
  const [online, setOnline] = useState(() => navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
    return () => {
      window.removeEventListener('online', look);
      window.removeEventListener('offline', look);
    };
  }, []);
  if (online && connection !== 'offline') return null;
  const retry = () => {
    window.dispatchEvent(new Event('online')); // what waits for the network tries now
    void queries.refetchQueries({ type: 'active' });
  };
  return (
    <div role="status" className="no-print flex items-center gap-3 bg-warning-soft px-4 py-2 text-warning">
      <WifiOff size={16} aria-hidden="true" />
      <span className="flex-1">
        {online
          ? 'The server cannot be reached. What you see may be out of date.'
          : 'You are offline. What you see may be out of date.'}
      </span>
      <Button size="small" onClick={retry}>
        Try again
      </Button>
    </div>
  );
}
