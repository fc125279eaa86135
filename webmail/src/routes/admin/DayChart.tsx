// One chart over days, drawn by recharts, with the same numbers as a table for screen readers.
import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';

interface Series {
  key: string;
  label: string;
  colour: string;
}
interface Props {
  title: string;
  rows: readonly { day: string }[];
  series: Series[];
  kind: 'bar' | 'line';
  /** Bars of one day on top of each other: parts of a whole. */
  stacked?: boolean;
}

const AXIS = { fontSize: 12, fill: 'var(--ink-muted)' };
const BOX = { background: 'var(--raised)', border: '1px solid var(--line)', borderRadius: 6, color: 'var(--ink)' };

export function DayChart({ title, rows, series, kind, stacked }: Props) {
  const Chart = kind === 'bar' ? BarChart : LineChart;
  return (
    <figure className="rounded-lg border border-line bg-surface p-4">
      <figcaption className="mb-2 font-medium">{title}</figcaption>
      <div className="h-56" aria-hidden="true">
        <ResponsiveContainer width="100%" height="100%">
          <Chart data={[...rows]} margin={{ top: 4, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="day" tickFormatter={short} tick={AXIS} tickLine={false} axisLine={false} minTickGap={24} />
            <YAxis width="auto" tick={AXIS} tickLine={false} axisLine={false} allowDecimals={kind === 'line'} />
            <Tooltip contentStyle={BOX} cursor={{ fill: 'var(--hover)' }} isAnimationActive={false} />
            {series.length > 1 ? <Legend iconType="circle" iconSize={8} /> : null}
            {series.map((one) =>
              kind === 'bar' ? (
                <Bar
                  key={one.key}
                  dataKey={one.key}
                  name={one.label}
                  fill={one.colour}
                  isAnimationActive={false}
                  {...(stacked ? { stackId: 'day' } : { radius: [2, 2, 0, 0] as [number, number, number, number] })}
                />
              ) : (
                <Line
                  key={one.key}
                  dataKey={one.key}
                  name={one.label}
                  stroke={one.colour}
                  strokeWidth={2}
                  dot={false}
                  isAnimationActive={false}
                />
              ),
            )}
          </Chart>
        </ResponsiveContainer>
      </div>
      <table className="sr-only">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            {series.map((one) => (
              <th key={one.key} scope="col">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.day}>
              <th scope="row">{row.day}</th>
              {series.map((one) => (
                <td key={one.key}>{String((row as unknown as Record<string, number>)[one.key] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function short(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}
