import { ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type KeyboardEvent, type ReactElement, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useStore } from '../live/store';
import { BlockNode } from './BlockNode';
import { Controls } from './Controls';
import { discarded, editCount } from './edits';
import { elements } from './elements';
import { EndNode } from './EndNode';
import { type Detail, detailAt, type Frame, frame, shifted, wholeOf } from './frame';
import { type Layout, place as arrange } from './layout';
import { DetailContext, useScene } from './scene';
import { next } from './walk';
import { Wire } from './Wire';

const NODES = { block: BlockNode, end: EndNode };
const WIRES = { wire: Wire };
/** Beyond this only what can be seen is in the page, once one is near. */
const MANY = 120;
const [NEAREST, FARTHEST] = [1.6, 0.03];

interface Size {
  width: number;
  height: number;
}

/** The graph, in a place that may have no size yet: a hidden panel gets one when it is opened. */
export function Canvas({ fill }: { fill: boolean }): ReactElement {
  const { graph, runId } = useScene();
  const hasRun = runId !== null;
  // The same hash looks the same. Arranging is far too slow to be done again for each event.
  const layout = useMemo(() => arrange(graph, hasRun), [graph.hash, hasRun]);
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const first = size && frame(layout, size.width, fill ? size.height : null);
  return (
    <div className="pai-Canvas" ref={box} style={fill ? undefined : { height: first?.height ?? 180 }}>
      {first && (
        <ReactFlowProvider>
          <Drawing layout={layout} first={first} size={size} />
        </ReactFlowProvider>
      )}
    </div>
  );
}

function useSize(box: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0 && height > 0) {
        setSize(old => (old?.width === width && old.height === height ? old : { width, height }));
      }
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return size;
}

interface DrawingProps {
  layout: Layout;
  /** What is seen of it until a person moves it. */
  first: Frame;
  size: Size;
}

function Drawing({ layout, first, size }: DrawingProps): ReactElement {
  const { graph, place, edits } = useScene();
  const flow = useReactFlow();
  const root = useRef<HTMLDivElement>(null);
  const drawn = useMemo(() => elements(graph, layout), [graph, layout]);
  const [detail, setDetail] = useState<Detail>(() => detailAt(first.zoom));
  const [hasFocus, setFocus] = useState(false);
  const hasMoved = useRef(false);
  const at = useStore(place, each => each.at);
  const open = useStore(place, each => each.open);

  useEffect(() => {
    if (hasMoved.current) return;
    void flow.setViewport(first); // cannot be refused
    setDetail(detailAt(first.zoom));
  }, [flow, first.x, first.y, first.zoom]);

  // One node can be reached by Tab; arrow keys go on from there.
  useEffect(() => {
    const isThere = graph.nodes.some(node => node.id === at);
    if (!isThere) place.update(old => ({ ...old, at: next(graph, layout, null, 'Home') }));
  }, [graph, layout, place, at]);

  // What is looked at more closely is not covered by what is said of it.
  useEffect(() => {
    if (open !== null) show(open, besideInspector(size));
  }, [open]);

  function show(id: string, room: Size): void {
    const box = layout.boxes.get(id);
    const viewport = flow.getViewport();
    const seen = box && shifted(viewport, box, room);
    if (seen && seen !== viewport) move(seen);
  }

  function move(viewport: { x: number; y: number; zoom: number }): void {
    hasMoved.current = true;
    setDetail(detailAt(viewport.zoom));
    void flow.setViewport(viewport); // cannot be refused
  }

  function zoom(by: number): void {
    const old = flow.getViewport();
    const zoomed = Math.max(FARTHEST, Math.min(NEAREST, old.zoom * by));
    const keep = zoomed / old.zoom;
    const [x, y] = [size.width / 2, size.height / 2];
    move({ zoom: zoomed, x: x - (x - old.x) * keep, y: y - (y - old.y) * keep });
  }

  function fit(): void {
    move(wholeOf(layout, size.width, size.height));
  }

  function keyDown(event: KeyboardEvent): void {
    const onNode = (event.target as HTMLElement).dataset['node'];
    if (onNode === undefined && event.target !== event.currentTarget) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'z') {
      event.preventDefault();
      return edits.undo();
    }
    if (event.key === 'Escape' && onNode !== undefined && editCount({ [onNode]: edits.get()[onNode] ?? {} }) > 0) {
      event.stopPropagation();
      return edits.update(old => discarded(old, onNode));
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = next(graph, layout, onNode ?? at, event.key);
    if (to !== null) goTo(to);
    else if (event.key === '+' || event.key === '=') zoom(1.25);
    else if (event.key === '-') zoom(0.8);
    else if (event.key === '0') fit();
    else return;
    event.preventDefault();
  }

  function goTo(id: string): void {
    show(id, place.get().open === null ? size : besideInspector(size));
    place.update(old => ({ ...old, at: id }));
    // A node that was outside may not be in the page yet.
    requestAnimationFrame(() => {
      root.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
    });
  }

  return (
    <div
      ref={root}
      className="pai-Canvas-drawing"
      data-detail={detail}
      tabIndex={0}
      role="group"
      aria-label={`Graph of ${graph.name}. Arrow keys go along its edges, Enter opens a node.`}
      onKeyDown={keyDown}
      onFocus={() => setFocus(true)}
      onBlur={event => setFocus(event.currentTarget.contains(event.relatedTarget))}
    >
      <DetailContext value={detail}>
        <ReactFlow
          nodes={drawn.nodes}
          edges={drawn.edges}
          nodeTypes={NODES}
          edgeTypes={WIRES}
          defaultViewport={first}
          minZoom={FARTHEST}
          maxZoom={NEAREST}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnDoubleClick={false}
          preventScrolling={hasFocus}
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panActivationKeyCode={null}
          zoomActivationKeyCode={null}
          onlyRenderVisibleElements={detail === 'full' && drawn.nodes.length > MANY}
          proOptions={HIDDEN}
          onMoveStart={event => {
            if (event) hasMoved.current = true;
          }}
          onMove={(_, viewport) => setDetail(detailAt(viewport.zoom))}
          onNodeClick={reachable}
        />
      </DetailContext>
      <Controls onZoom={zoom} onFit={fit} />
    </div>
  );
}

/** As the style sheet has it: at the side, or below where it is narrow. */
function besideInspector({ width, height }: Size): Size {
  return width > 560 ? { width: width - Math.min(380, 0.46 * width), height } : { width, height: 0.38 * height };
}

const HIDDEN = { hideAttribution: true };

/** React Flow lets the mouse through to a node only if somebody listens. */
function reachable(): void {}
