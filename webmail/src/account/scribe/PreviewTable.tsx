// The first rows of a table of recipients; above each column stands what it is, and can be changed.

import { asSentence } from '@/api/rest';
import { classes } from '@/ui/classes';
import { CONTROL } from '@/ui/Field';
import { choicesFor, hasNames, mapped, ROLES, roleOf } from './mapping';
import type { Mapping, Preview } from './types';

const SHOWN = 5; // rows; the rest is only counted
const MOST_PROBLEMS = 5;

interface Props {
  preview: Preview;
  mapping: Mapping;
  /** What the template leaves open. */
  further: readonly string[];
  onMapping: (mapping: Mapping) => void;
}

export function PreviewTable({ preview, mapping, further, onMapping }: Props) {
  const { columns, rows, total, problems } = preview;
  const shown = hasNames(mapping) ? problems : problems.filter(({ row }) => row > 0);
  const more = total - Math.min(SHOWN, rows.length);
  return (
    <div className="flex flex-col gap-3">
      <section
        aria-label="The table as it was read"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-md border border-line"
      >
        <table className="w-full border-collapse text-left">
          <caption className="sr-only">The first rows, and what each column is</caption>
          <thead>
            <tr className="border-b border-line bg-canvas align-bottom">
              {columns.map((column, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
                <th key={at} scope="col" className="min-w-36 px-2 py-2 font-medium">
                  <span className="block max-w-56 truncate px-1 pb-1 text-xs text-ink-muted">
                    {column || `Column ${at + 1}`}
                  </span>
                  <select
                    aria-label={`What the column ${column || at + 1} is`}
                    value={roleOf(at, mapping)}
                    onChange={(event) => onMapping(mapped(mapping, at, event.target.value))}
                    className={classes(CONTROL, 'h-8 text-[13px]')}
                  >
                    <option value="">Not used</option>
                    {choicesFor(mapping, further).map((role) => (
                      <option key={role} value={role}>
                        {ROLES[role] ?? `{{${role}}}`}
                      </option>
                    ))}
                  </select>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN).map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
              <tr key={at} className="border-b border-line last:border-0">
                {columns.map((_, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
                  <td key={column} className="max-w-56 truncate px-3 py-2 text-[13px]">
                    {row[column] ?? ''}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div role="status" className="flex flex-col gap-1 text-xs">
        <p className="text-ink-muted">
          {total === 1 ? '1 recipient' : `${total.toLocaleString()} recipients`}
          {more > 0 ? `, ${more.toLocaleString()} of them not shown here` : ''}.
        </p>
        {!hasNames(mapping) ? <p className="text-danger">Say which column has the names.</p> : null}
        {shown.length > 0 ? (
          <ul className="text-warning">
            {shown.slice(0, MOST_PROBLEMS).map(({ row, because }) => (
              <li key={`${row} ${because}`}>{row ? `Row ${row}: ${asSentence(because)}` : asSentence(because)}</li>
            ))}
            {shown.length > MOST_PROBLEMS ? <li>{`And ${shown.length - MOST_PROBLEMS} more.`}</li> : null}
          </ul>
        ) : null}
      </div>
    </div>
  );
}
