// Sign and name of the installation, leading to the start.
import { Link } from '@tanstack/react-router';
import { useMaybeSession } from '@/api/session';

export function Brand() {
  const name = useMaybeSession()?.brand.name ?? 'Mailwright';
  return (
    <Link to="/" className="flex items-center gap-2 rounded-md pr-2 text-base font-semibold tracking-tight">
      <img src="/app/icon.svg" alt="" width={24} height={24} />
      {name}
    </Link>
  );
}
