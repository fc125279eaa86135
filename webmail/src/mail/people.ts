// Names of people as lists show them.
import type { EmailAddress } from '@/api/jmap/types';

export function displayName(address: EmailAddress | undefined): string {
  return straight(address?.name ?? '').trim() || address?.email || 'Unknown sender';
}

/** A name without what turns its letters around: "invoice\u202efdp.exe" would be read as "invoiceexe.pdf". */
export function straight(name: string): string {
  return name.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Several in one line: "me, Bashir, Chen"; the first and the last two when there are many. */
export function together(addresses: readonly EmailAddress[], own: string): string {
  const one = (address: EmailAddress) =>
    address.email.toLowerCase() === own.toLowerCase() ? 'me' : displayName(address);
  if (addresses.length <= 1) return addresses[0] ? one(addresses[0]) : 'Unknown sender';
  const names = addresses.map((address) => firstName(one(address)));
  return names.length <= 3 ? names.join(', ') : [names[0], '…', ...names.slice(-2)].join(', ').replace(', …,', ' …');
}

function firstName(name: string): string {
  if (name.includes('@')) return name.replace(/@.*/, '');
  const given = name.includes(',') ? (name.split(',')[1] ?? name).trim() : name;
  return given.split(/\s+/)[0] ?? name;
}
