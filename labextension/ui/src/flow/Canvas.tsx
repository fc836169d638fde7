import { ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type ReactElement, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Graph } from '../contracts/graph';
import { BlockNode } from './BlockNode';
import { elements } from './elements';
import { EndNode } from './EndNode';
import { type Detail, detailAt, frame, wholeOf } from './frame';
import { place as arrange } from './layout';
import { DetailContext, useRunView } from './scene';
import { Wire } from './Wire';

const NODES = { block: BlockNode, end: EndNode };
const WIRES = { wire: Wire };
/** Beyond this only what can be seen is in the page, once one is near. */
const MANY = 150;

interface CanvasProps {
  graph: Graph;
  /** Whether it takes the height of its place, or has the height that it needs. */
  fill: boolean;
}

export function Canvas(props: CanvasProps): ReactElement {
  return (
    <ReactFlowProvider>
      <Sized {...props} />
    </ReactFlowProvider>
  );
}

/** The drawing, once its place has a size: in a hidden panel it has none. */
function Sized({ graph, fill }: CanvasProps): ReactElement {
  const hasRun = useRunView(({ view }) => view.seq > 0);
  // A graph of the same hash looks the same; layout is far too slow to be done again for each event.
  const layout = useMemo(() => arrange(graph, hasRun), [graph.hash, hasRun]);
  const drawn = useMemo(() => elements(graph, layout), [graph, layout]);
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0) setSize(old => (old?.width === width && old.height === height ? old : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = size && frame(layout, size.width, fill ? size.height : null);
  return (
    <div className="pai-Canvas" ref={box} style={fill ? undefined : { height: first?.height ?? 180 }}>
      {first && <Drawing drawn={drawn} first={first} width={size.width} layout={layout} fill={fill} height={size.height} />}
    </div>
  );
}

interface DrawingProps {
  drawn: ReturnType<typeof elements>;
  layout: ReturnType<typeof arrange>;
  first: ReturnType<typeof frame>;
  width: number;
  height: number;
  fill: boolean;
}

function Drawing({ drawn, layout, first, width, height, fill }: DrawingProps): ReactElement {
  const flow = useReactFlow();
  const [detail, setDetail] = useState<Detail>(() => detailAt(first.zoom));
  const hasMoved = useRef(false);

  useEffect(() => {
    if (hasMoved.current) return;
    void flow.setViewport(first);
    setDetail(detailAt(first.zoom));
  }, [flow, first.x, first.y, first.zoom]);

  return (
    <DetailContext value={detail}>
      <ReactFlow
        nodes={drawn.nodes}
        edges={drawn.edges}
        nodeTypes={NODES}
        edgeTypes={WIRES}
        defaultViewport={first}
        minZoom={0.03}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        preventScrolling={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        panActivationKeyCode={null}
        zoomActivationKeyCode={null}
        onlyRenderVisibleElements={detail === 'full' && drawn.nodes.length > MANY}
        proOptions={{ hideAttribution: true }}
        onMoveStart={event => {
          if (event) hasMoved.current = true;
        }}
        onMove={(_, { zoom }) => setDetail(detailAt(zoom))}
        onNodeClick={noop}
      />
    </DetailContext>
  );
}

const noop = (): void => {};
