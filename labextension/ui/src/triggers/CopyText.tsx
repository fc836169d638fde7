import { type ReactElement, useRef, useState } from 'react';

interface CopyTextProps {
  label: string;
  text: string;
  /** Several lines, as in a terminal. */
  isLong?: boolean;
}

/** A text that goes to somewhere else: shown whole, selected by a click, copied by its button. */
export function CopyText({ label, text, isLong = false }: CopyTextProps): ReactElement {
  const [said, setSaid] = useState('');
  const shown = useRef<HTMLPreElement>(null);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      // Only pages that came over https, or from this machine, may write there.
      if (shown.current) getSelection()?.selectAllChildren(shown.current);
      setSaid('Selected: copy it with the keyboard');
    }
  }

  return (
    <div className="pai-CopyText">
      <span className="pai-CopyText-label">{label}</span>
      <span role="status" className="pai-quiet">
        {said}
      </span>
      <button type="button" className="pai-Button" aria-label={`Copy ${label}`} onClick={() => void copy()}>
        Copy
      </button>
      <pre ref={shown} tabIndex={0} aria-label={label} data-long={isLong || undefined}>
        {text}
      </pre>
    </div>
  );
}
