import type { ReactElement } from 'react';
import { count } from '../format';

/** Where it was raised, for whoever wants to know. */
export function Traceback({ text }: { text: string }): ReactElement {
  return (
    <details>
      <summary>Traceback, {count(text.trimEnd().split('\n').length, 'line')}</summary>
      <pre>{text}</pre>
    </details>
  );
}
