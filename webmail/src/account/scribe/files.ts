// Files that somebody gives: read here, sent as base64 inside the wish.
import { formatBytes } from '../format';
import type { GivenFile } from './types';

export const MOST_FILES = 5;
export const MOST_BYTES = 10_000_000; // of one file; the server keeps its text alone
const CHUNK = 0x8000; // String.fromCharCode takes only so many arguments

/** Why it cannot be taken; empty when it can. */
export function refusalOf(file: Pick<File, 'name' | 'size'>, most = MOST_BYTES): string {
  if (file.size === 0) return `“${file.name}” is empty.`;
  if (file.size > most) return `“${file.name}” is larger than ${formatBytes(most)}.`;
  return '';
}

export async function given(file: File): Promise<GivenFile> {
  return { name: file.name, content: asBase64(new Uint8Array(await file.arrayBuffer())) };
}

export function asBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** A table as text: UTF-8 or UTF-16 as it says, else what Windows writes in the West. */
export async function textOf(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : '';
  if (marked) return new TextDecoder(marked).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
