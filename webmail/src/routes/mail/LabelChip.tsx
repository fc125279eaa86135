// Labels as coloured chips and dots; light and dark come from the hue.
import { X } from 'lucide-react';
import type { Label } from '@/mail/labels';

function colours(hue: number | null): { backgroundColor: string; color: string } {
  const saturation = hue === null ? 0 : 34;
  return {
    backgroundColor: `light-dark(hsl(${hue ?? 0} ${saturation}% 89%), hsl(${hue ?? 0} ${saturation}% 22%))`,
    color: `light-dark(hsl(${hue ?? 0} ${saturation + 12}% 22%), hsl(${hue ?? 0} ${saturation + 12}% 82%))`,
  };
}

export function LabelChip({ label, onRemove }: { label: Label; onRemove?: () => void }) {
  return (
    <span
      style={colours(label.hue)}
      className="inline-flex max-w-40 items-center gap-1 rounded px-1.5 text-[11px] leading-[18px] font-medium"
    >
      <span className="truncate">{label.name}</span>
      {onRemove ? (
        <button type="button" aria-label={`Remove label ${label.name}`} onClick={onRemove} className="-mr-0.5 rounded">
          <X size={12} aria-hidden="true" />
        </button>
      ) : null}
    </span>
  );
}

export function LabelDot({ hue }: { hue: number | null }) {
  const saturation = hue === null ? 0 : 40;
  return (
    <span
      aria-hidden="true"
      style={{
        backgroundColor: `light-dark(hsl(${hue ?? 0} ${saturation}% 48%), hsl(${hue ?? 0} ${saturation}% 60%))`,
      }}
      className="mx-0.5 size-3 shrink-0 rounded-full"
    />
  );
}
