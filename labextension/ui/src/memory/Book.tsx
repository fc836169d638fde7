import type { ReactElement } from 'react';
import type { Json } from '../contracts/events';
import { cellsOf } from './notebook';

/** A notebook to be read: its cells with what they gave. Nothing of it is run, no HTML of it is trusted. */
export function Book({ value }: { value: Json }): ReactElement {
  const cells = cellsOf(value);
  return (
    <div className="pai-Book">
      {cells.map((cell, n) => (
        <div key={n} className="pai-Book-cell" data-type={cell.type}>
          <span className="pai-quiet">{cell.type === 'code' ? `[${cell.count ?? ' '}]` : ''}</span>
          <div>
            <pre>{cell.source}</pre>
            {cell.outputs.map((output, k) =>
              output.kind === 'image' ? (
                <img key={k} src={output.text} alt="Output" />
              ) : (
                <pre key={k} className="pai-Book-out" data-kind={output.kind}>
                  {output.text}
                </pre>
              )
            )}
          </div>
        </div>
      ))}
      {cells.length === 0 && <p className="pai-Content-none">It has no cells.</p>}
    </div>
  );
}
