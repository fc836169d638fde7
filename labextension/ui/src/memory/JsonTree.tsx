import { type ReactElement, useState } from 'react';
import type { Json } from '../contracts/events';
import { count } from '../format';

/** So many of a list or an object are shown at once. */
const STEP = 200;

/** JSON to be folded: the first two levels are open. */
export function JsonTree({ value }: { value: Json }): ReactElement {
  return (
    <div className="pai-Json" tabIndex={0}>
      <Part name={null} value={value} depth={0} />
    </div>
  );
}

function Part({ name, value, depth }: { name: string | null; value: Json; depth: number }): ReactElement {
  const [most, setMost] = useState(STEP);
  const label = name !== null && <span className="pai-Json-name">{name}: </span>;
  if (value === null || typeof value !== 'object') {
    return (
      <div className="pai-Json-leaf">
        {label}
        <span data-type={value === null ? 'null' : typeof value}>{typeof value === 'string' ? value : JSON.stringify(value)}</span>
      </div>
    );
  }
  const isList = Array.isArray(value);
  const parts: [string, Json][] = isList ? (value as readonly Json[]).map((each, n) => [String(n), each]) : Object.entries(value as { readonly [key: string]: Json });
  const words = isList ? `[${count(parts.length, 'item')}]` : `{${count(parts.length, 'key')}}`;
  if (parts.length === 0) {
    return (
      <div className="pai-Json-leaf">
        {label}
        <span className="pai-quiet">{isList ? '[ ]' : '{ }'}</span>
      </div>
    );
  }
  return (
    <details open={depth < 2 && parts.length <= STEP}>
      <summary>
        {label}
        <span className="pai-quiet">{words}</span>
      </summary>
      {parts.slice(0, most).map(([key, each]) => (
        <Part key={key} name={key} value={each} depth={depth + 1} />
      ))}
      {parts.length > most && (
        <button type="button" className="pai-Link" onClick={() => setMost(most + STEP)}>
          {(parts.length - most).toLocaleString()} more
        </button>
      )}
    </details>
  );
}
