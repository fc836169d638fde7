import { type EdgeProps } from '@xyflow/react';
import { memo, type ReactElement } from 'react';
import { useStore } from '../live/store';
import type { Wire as WireElement } from './elements';
import { path } from './path';
import { useScene } from './scene';

/** An edge in the hue of its source; faint until a value has come through it. */
export const Wire = memo(function Wire(props: EdgeProps<WireElement>): ReactElement {
  const { source, sourceX, sourceY, targetX, targetY, data } = props;
  const flowed = useStore(useScene().run, ({ view }) => {
    if (view.seq === 0) return null;
    const status = Object.hasOwn(view.nodes, source) ? view.nodes[source]?.status : undefined;
    return source.startsWith('$') || status === 'completed' || (status as string) === 'reused';
  });
  const way = path({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, data?.bends ?? []);
  return <path className="pai-Wire" data-glyph={data?.glyph} data-flowed={flowed ?? undefined} d={way} />;
});
