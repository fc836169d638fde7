import type { ReactElement } from 'react';
import type { ValueInfo } from '../contracts/events';
import { shownOf, wordsOf } from '../flow/value';
import { ValuePreview } from '../flow/ValuePreview';

interface AboutProps {
  values: { readonly [name: string]: ValueInfo };
  /** What was put in the place of some of them. */
  edited?: { readonly [name: string]: ValueInfo };
}

/** What a question is about: names and values, as they would be used. */
export function About({ values, edited = {} }: AboutProps): ReactElement | null {
  const names = Object.keys({ ...values, ...edited });
  if (names.length === 0) return null;
  return (
    <div className="pai-About" role="list">
      {names.map(name => {
        const [before, after] = [values[name], edited[name]];
        return (
          <div key={name} role="listitem">
            {name !== SHOWN && (
              <span className="pai-quiet" title={name}>
                {name}
              </span>
            )}
            <span>
              {before && (after ? <del>{<Shown value={before} />}</del> : <Shown value={before} />)}
              {after && <ins>{<Shown value={after} />}</ins>}
            </span>
          </div>
        );
      })}
    </div>
  );
}

/** What a question shows beside itself needs no name. */
const SHOWN = 'shown';

function Shown({ value }: { value: ValueInfo }): ReactElement {
  const shown = shownOf(value);
  if (shown.kind === 'scalar') return <code>{shown.text}</code>;
  if (shown.kind === 'image' || shown.kind === 'opaque') return <span className="pai-quiet">{wordsOf(value)}</span>;
  return <ValuePreview value={value} size="large" />;
}
