// Putting text on the clipboard, also where the browser offers no clipboard (pages without TLS).
import { toast } from '@/ui/Toast';

/** Copies and says so; when the browser does not let us, says how to do it by hand. */
export async function copyText(text: string, said: string): Promise<void> {
  if (await write(text)) toast({ text: said, lasts: 2_500 });
  else toast({ text: 'Your browser does not let this page copy. Select the text and copy it.', tone: 'danger' });
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.setAttribute('readonly', '');
    field.className = 'fixed opacity-0';
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    return copied;
  }
}
