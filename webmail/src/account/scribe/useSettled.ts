// What is typed, once nobody has typed for a moment: what the server is asked with.
import { useEffect, useState } from 'react';

const PAUSE_MS = 300;

export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled;
}
