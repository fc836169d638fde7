import type { ReactElement } from 'react';
import { shortJson } from '../flow/words';
import type { Json } from '../contracts/events';

/** The inputs that are the same every time. */
export function GivenInputs({ inputs }: { inputs: { readonly [name: string]: Json } }): ReactElement {
  const given = Object.entries(inputs);
  if (given.length === 0) return <>nothing given</>;
  return (
    <>
      {given.map(([name, value]) => (
        <span key={name} className="pai-Trigger-input" title={shortJson(value, 400)}>
          {name} <code>{shortJson(value, 40)}</code>
        </span>
      ))}
    </>
  );
}
