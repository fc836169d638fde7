import { type ReactElement, useEffect, useRef } from 'react';
import { useCopy } from '../parts/copy';

interface CopyTextProps {
  label: string;
  text: string;
  /** Several lines, as in a terminal. */
  isLong?: boolean;
}

/** A text that goes to somewhere else: shown whole, selected by a click, copied by its button. */
export function CopyText({ label, text, isLong = false }: CopyTextProps): ReactElement {
  const { copied, copy } = useCopy(text);
  const shown = useRef<HTMLPreElement>(null);
  const said = { idle: '', done: 'Copied', refused: 'Selected: copy it with the keyboard' }[copied];

  useEffect(() => {
    if (copied === 'refused' && shown.current) getSelection()?.selectAllChildren(shown.current);
  }, [copied]);

  return (
    <div className="pai-CopyText">
      <span className="pai-CopyText-label">{label}</span>
      <span role="status" className="pai-quiet">
        {said}
      </span>
      <button type="button" className="pai-Button" aria-label={`Copy ${label}`} onClick={copy}>
        Copy
      </button>
      <pre ref={shown} tabIndex={0} aria-label={label} data-long={isLong || undefined}>
        {text}
      </pre>
    </div>
  );
}
