import { type EdgeProps } from '@xyflow/react';
import { memo, type ReactElement } from 'react';
import { useStore } from '../live/store';
import type { Wire as WireElement } from './elements';
import { nodeIn } from './group';
import { path } from './path';
import { useScene } from './scene';

/** An edge in the hue of its source; faint until a value has come through it. */
export const Wire = memo(function Wire(props: EdgeProps<WireElement>): ReactElement {
  const { source, sourceX, sourceY, targetX, targetY, data } = props;
  const flowed = useStore(useScene().run, ({ view }) => {
    if (view.seq === 0) return null;
    const status = nodeIn(view, source)?.status;
    return source.startsWith('$') || status === 'completed' || status === 'reused';
  });
  const way = path({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, data?.bends ?? []);
  return <path className="pai-Wire" data-glyph={data?.glyph} data-flowed={flowed ?? undefined} d={way} />;
});
