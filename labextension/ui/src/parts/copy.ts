import { useEffect, useState } from 'react';

const SAID_MS = 1200;

export type Copied = 'idle' | 'done' | 'refused';

/** Copying, and whether it was done; a browser may refuse it, and says so by `refused`. */
export function useCopy(text: string): { copied: Copied; copy(): void; rest(): void } {
  const [copied, setCopied] = useState<Copied>('idle');

  useEffect(() => {
    if (copied !== 'done') return;
    const timer = setTimeout(() => setCopied('idle'), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = (): void => {
    write(text).then(
      () => setCopied('done'),
      () => setCopied('refused')
    );
  };
  return { copied, copy, rest: () => setCopied('idle') };
}

/** Only pages that came over https, or from this machine, have a clipboard at all. */
async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
