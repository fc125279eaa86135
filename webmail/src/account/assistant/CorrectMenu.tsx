// The button that says what a mail is, and lets one say otherwise.
import { Check, ChevronDown } from 'lucide-react';
import { Badge } from '@/ui/Badge';
import { Menu, MenuItem, MenuLabel } from '@/ui/Menu';
import type { Item } from './api';
import { useCorrect } from './correcting';
import { CATEGORIES, categoryOf, ORDER } from './words';

export function CorrectMenu({ item }: { item: Item }) {
  const correct = useCorrect();
  const { label, tone } = categoryOf(item.category);
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`${label}. Correct it`}
          aria-busy={correct.isPending || undefined}
          className="rounded-full"
        >
          <Badge tone={tone}>
            {label}
            <ChevronDown aria-hidden="true" />
          </Badge>
        </button>
      }
    >
      <MenuLabel>What is it?</MenuLabel>
      {ORDER.map((category) => (
        <MenuItem
          key={category}
          icon={
            item.category === category ? <Check aria-hidden="true" /> : <span className="size-4" aria-hidden="true" />
          }
          disabled={item.category === category}
          onSelect={() => correct.mutate({ item, category })}
        >
          {CATEGORIES[category].label}
          <span className="block text-xs text-ink-muted">{CATEGORIES[category].means}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}
