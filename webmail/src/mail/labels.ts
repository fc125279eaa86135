// Labels: keywords of messages that people made, with a name and a colour that are kept in their preferences.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { changePreferences, type Display, preferencesQuery } from '@/account/preferences';
import type { Keywords } from '@/api/jmap/types';
import { queries } from '@/api/queries';

export interface Label {
  keyword: string;
  name: string;
  /** Degrees of the colour wheel; null: gray. */
  hue: number | null;
}

export const HUES = [205, 165, 110, 45, 20, 350, 310, 265];
export const MAX_LABELS = 60; // they are kept in a small place, and nobody finds one among more
const MAX_NAME = 40;

// RFC 8621 §4.1.1 and RFC 9051 §2.3.2: keywords beginning with "$" have meanings of their own; some programs write older ones without.
const NOT_LABELS = new Set(['junk', 'nonjunk', 'notjunk', 'forwarded', 'mdnsent', 'redirected', 'old']);

export function isLabel(keyword: string): boolean {
  return !keyword.startsWith('$') && !NOT_LABELS.has(keyword.toLowerCase());
}

/** A keyword for the name: lower-case ASCII, as servers may fold it (RFC 8621 §4.1.1). */
export function keywordFor(name: string, taken: ReadonlySet<string> = new Set()): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '_')
    .replace(/^[_$]+|_+$/g, '');
  const stem = plain || 'label';
  for (let count = 1; ; count += 1) {
    const keyword = count === 1 ? stem : `${stem}_${count}`;
    if (!taken.has(keyword) && isLabel(keyword)) return keyword;
  }
}

export function nameFor(keyword: string): string {
  const words = keyword.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function hueFor(keyword: string): number {
  let sum = 0;
  for (const character of keyword) sum = (sum * 31 + character.charCodeAt(0)) >>> 0;
  return HUES[sum % HUES.length] ?? 205;
}

/** The labels of a message: known ones with their name, others made readable. */
export function labelsOf(keywords: Keywords, known: readonly Label[]): Label[] {
  return Object.keys(keywords)
    .filter(isLabel)
    .map(
      (keyword) =>
        known.find((one) => one.keyword === keyword) ?? { keyword, name: nameFor(keyword), hue: hueFor(keyword) },
    )
    .sort((a, b) => a.name.localeCompare(b.name));
}

type WithLabels = Display & { labels?: Label[] };

export function useLabels(): Label[] {
  const display = useQuery(preferencesQuery).data?.display as WithLabels | undefined;
  return useMemo(() => [...(display?.labels ?? [])].sort((a, b) => a.name.localeCompare(b.name)), [display]);
}

/** Makes one and gives it back. Throws when the name is taken or there are too many. */
export async function createLabel(name: string, hue: number | null = null): Promise<Label> {
  const trimmed = name.trim().slice(0, MAX_NAME);
  if (!trimmed) throw new Error('A label needs a name.');
  const labels = await current();
  if (labels.some((one) => one.name.toLowerCase() === trimmed.toLowerCase()))
    throw new Error('There is a label of that name.');
  if (labels.length >= MAX_LABELS) throw new Error(`There can be ${MAX_LABELS} labels.`);
  const keyword = keywordFor(trimmed, new Set(labels.map((one) => one.keyword)));
  const made = { keyword, name: trimmed, hue: hue ?? hueFor(keyword) };
  await keep([...labels, made]);
  return made;
}

export async function changeLabel(keyword: string, change: Partial<Omit<Label, 'keyword'>>): Promise<void> {
  await keep((await current()).map((one) => (one.keyword === keyword ? { ...one, ...change } : one)));
}

/** Takes it out of the list; messages keep the keyword. */
export async function removeLabel(keyword: string): Promise<void> {
  await keep((await current()).filter((one) => one.keyword !== keyword));
}

async function current(): Promise<Label[]> {
  const display = (await queries.ensureQueryData(preferencesQuery)).display as WithLabels;
  return display.labels ?? [];
}

async function keep(labels: Label[]): Promise<void> {
  const display: WithLabels = { labels };
  queries.setQueryData(preferencesQuery.queryKey, await changePreferences({ display }));
}
