// Printing a conversation: everything is opened, the frames of HTML mail are as tall as what is in them, then the browser prints.
const SETTLE_MS = 600; // for messages that had to be opened first

export function printAll(openAll: () => void): void {
  openAll();
  setTimeout(() => window.print(), SETTLE_MS);
}
