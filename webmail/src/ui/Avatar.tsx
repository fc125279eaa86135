// Initials on a quiet colour that follows from the address, so that one person always looks the same.
import { classes } from './classes';

const HUES = [205, 175, 150, 95, 45, 20, 340, 285, 250];

export function Avatar({
  name,
  address,
  size = 'normal',
}: {
  name: string;
  address: string;
  size?: 'small' | 'normal';
}) {
  const hue = HUES[hash(address.toLowerCase()) % HUES.length] ?? 205;
  return (
    <span
      aria-hidden="true"
      style={{
        backgroundColor: `light-dark(hsl(${hue} 28% 88%), hsl(${hue} 22% 26%))`,
        color: `light-dark(hsl(${hue} 40% 24%), hsl(${hue} 40% 84%))`,
      }}
      className={classes(
        'inline-flex shrink-0 items-center justify-center rounded-full font-medium select-none',
        size === 'small' ? 'size-6 text-[10px]' : 'size-8 text-xs',
      )}
    >
      {initialsOf(name || address)}
    </span>
  );
}

export function initialsOf(name: string): string {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = words[0] ?? '?';
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return ([...first][0] ?? '?').toUpperCase() + (last ? ([...last][0] ?? '').toUpperCase() : '');
}

function hash(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}
