import { memo, type ReactElement, type ReactNode } from 'react';
import type { Glyph as Name } from '../contracts/graph';

/** Types differ in shape and hue. */
const SHAPES: Record<Name, ReactNode> = {
  text: <circle className="pai-filled" cx="6" cy="6" r="4" />,
  number: <path className="pai-filled" d="M6 1.2 10.8 6 6 10.8 1.2 6z" />,
  boolean: (
    <>
      <circle cx="6" cy="6" r="4" />
      <path className="pai-filled" d="M6 2a4 4 0 0 0 0 8z" />
    </>
  ),
  list: <path d="M1.5 2.5h9M1.5 6h9M1.5 9.5h9" />,
  object: (
    <path d="M4.5 1.2c-1.6 0-1.8.8-1.8 1.9 0 1.3.1 2.3-1.5 2.9 1.6.6 1.5 1.6 1.5 2.9 0 1.1.2 1.9 1.8 1.9M7.5 1.2c1.6 0 1.8.8 1.8 1.9 0 1.3-.1 2.3 1.5 2.9-1.6.6-1.5 1.6-1.5 2.9 0 1.1-.2 1.9-1.8 1.9" />
  ),
  table: <path d="M1.5 2h9v8h-9zM1.5 4.8h9M6 2v8M1.5 7.4h9" />,
  image: <path d="M1.5 2h9v8h-9zM1.5 8.6 4.4 5.6l2.2 2.2L8 6.6l2.5 2.2M7.9 4.2h.01" />,
  file: <path d="M2.6 1.2h4.6l2.4 2.4v7.2h-7zM7 1.4v2.4h2.4" />,
  stream: <path d="M1.2 3.6q1.2-1.4 2.4 0t2.4 0 2.4 0 2.4 0M1.2 6.4q1.2-1.4 2.4 0t2.4 0 2.4 0 2.4 0M1.2 9.2q1.2-1.4 2.4 0t2.4 0 2.4 0 2.4 0" />,
  secret: (
    <>
      <circle cx="3.6" cy="6" r="2.3" />
      <path d="M6 6h5M9 6v2.2M11 6v1.6" />
    </>
  ),
  any: <circle cx="6" cy="6" r="3.8" />
};

/** The type of a port, for the eye; its words stand in the title. */
export const Glyph = memo(function Glyph({ name, type }: { name: Name; type?: string }): ReactElement {
  return (
    <svg className="pai-Glyph" data-glyph={name} viewBox="0 0 12 12" role="img" aria-label={type ?? name}>
      {type && <title>{type}</title>}
      {SHAPES[name] ?? SHAPES.any}
    </svg>
  );
});
