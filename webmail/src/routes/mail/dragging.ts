// Conversations being dragged from a list to a folder.
import type { Choice } from '@/mail/actions';

const TYPE = 'application/x-mailwright-conversations';
let held: Choice | null = null;

export function startDrag(event: React.DragEvent, choice: Choice): void {
  held = choice;
  event.dataTransfer.setData(TYPE, String(choice.ids.length));
  event.dataTransfer.effectAllowed = 'move';
}

export function isDrag(event: React.DragEvent): boolean {
  return event.dataTransfer.types.includes(TYPE);
}

/** What was dragged, once. */
export function dragged(): Choice | null {
  const choice = held;
  held = null;
  return choice;
}
