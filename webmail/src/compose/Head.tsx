// The bar of a composer window: its title, whether it is saved, and minimise, enlarge, close.
import { Maximize2, Minimize2, Minus, X } from 'lucide-react';
import { useTimeZone } from '@/account/preferences';
import { IconButton } from '@/ui/IconButton';
import type { SaveStatus } from './saver';
import type { ComposerWindow, Shape } from './windows';

interface Props {
  title: string;
  status: SaveStatus;
  frame: ComposerWindow;
  onShape: (shape: Shape) => void;
  onClose: () => void;
}

export function Head({ title, status, frame: { shape }, onShape, onClose }: Props) {
  const minimised = shape === 'minimised';
  return (
    <div className="flex h-10 shrink-0 items-center gap-1 border-b border-line bg-sunken pr-1 pl-4">
      <button
        type="button"
        className="min-w-0 flex-1 truncate text-left font-medium"
        aria-expanded={!minimised}
        onClick={() => onShape(minimised ? 'docked' : 'minimised')}
      >
        {title}
      </button>
      <Status status={status} />
      <IconButton
        size="small"
        label={minimised ? 'Open' : 'Minimise'}
        icon={minimised ? <Maximize2 /> : <Minus />}
        onClick={() => onShape(minimised ? 'docked' : 'minimised')}
      />
      {minimised ? null : (
        <IconButton
          size="small"
          className="max-md:hidden"
          label={shape === 'large' ? 'Make smaller' : 'Make larger'}
          icon={shape === 'large' ? <Minimize2 /> : <Maximize2 />}
          onClick={() => onShape(shape === 'large' ? 'docked' : 'large')}
        />
      )}
      <IconButton size="small" label="Save and close" shortcut="Esc" icon={<X />} onClick={onClose} />
    </div>
  );
}

function Status({ status }: { status: SaveStatus }) {
  const timeZone = useTimeZone();
  const bad = status.kind === 'retrying' || status.kind === 'refused';
  return (
    <span
      role="status"
      title={bad ? status.reason : undefined}
      className={`max-w-56 shrink truncate text-xs ${bad ? 'text-danger' : 'text-ink-muted'}`}
    >
      {words(status, timeZone)}
    </span>
  );
}

function words(status: SaveStatus, timeZone: string): string {
  switch (status.kind) {
    case 'saving':
      return 'Saving';
    case 'saved':
      return `Saved ${new Intl.DateTimeFormat(undefined, { timeZone, hour: '2-digit', minute: '2-digit' }).format(status.at)}`;
    case 'retrying':
      return 'Not saved: retrying';
    case 'refused':
      return `Not saved: ${status.reason}`;
    default:
      return '';
  }
}
