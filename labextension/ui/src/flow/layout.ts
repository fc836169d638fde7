import { Graph as Dagre, layout as arrange } from '@dagrejs/dagre';
import { type Graph, INPUT, OUTPUT, type Point } from '../contracts/graph';
import { endSize, nodeSize, type Size } from './geometry';

export interface Box extends Point, Size {}

export interface Layout {
  readonly boxes: ReadonlyMap<string, Box>;
  /** Where a long edge passes between the nodes of the columns that it crosses, by `arrowKey`. */
  readonly bends: ReadonlyMap<string, readonly Point[]>;
  readonly width: number;
  readonly height: number;
}

export function arrowKey(source: string, target: string): string {
  return `${source} ${target}`;
}

/** An input or output of the flow is drawn as a small node with this id. */
export function endId(kind: typeof INPUT | typeof OUTPUT, name: string): string {
  return `${kind}.${name}`;
}

/** Which node stands at the start of an edge. */
export function sourceId(source: { node: string; port: string }): string {
  return source.node === INPUT ? endId(INPUT, source.port) : source.node;
}

/** Which drawn node leads to which, ends of the flow included. */
export function arrows(graph: Graph): { source: string; target: string }[] {
  return [
    ...graph.edges.map(edge => ({ source: sourceId(edge.source), target: edge.target.node })),
    ...graph.outputs.map(output => ({ source: sourceId(output), target: endId(OUTPUT, output.name) }))
  ];
}

/**
 * Places for all nodes, from left to right. Positions of the flow itself win.
 *
 * Takes about a millisecond a node: to be called once for a graph, never while drawing.
 */
export function place(graph: Graph, hasRun: boolean): Layout {
  const sizes = new Map<string, Size>([
    ...graph.inputs.map(input => [endId(INPUT, input.name), endSize(input)] as const),
    ...graph.nodes.map(node => [node.id, nodeSize(node, hasRun)] as const),
    ...graph.outputs.map(output => [endId(OUTPUT, output.name), endSize(output)] as const)
  ]);
  const isPlaced = (id: string): boolean => Object.hasOwn(graph.layout, id);
  return graph.nodes.length > 0 && graph.nodes.every(node => isPlaced(node.id))
    ? asStored(graph, sizes)
    : computed(graph, sizes);
}

const GAP = 20;
const STEP = 44;

/** Where the flow says; its ends, if it says nothing of them, beside what they belong to. */
function asStored(graph: Graph, sizes: ReadonlyMap<string, Size>): Layout {
  const boxes = new Map<string, Box>();
  for (const [id, size] of sizes) {
    const at = Object.hasOwn(graph.layout, id) ? graph.layout[id] : undefined;
    if (at) boxes.set(id, { ...at, ...size });
  }
  for (const [id, size] of sizes) {
    if (boxes.has(id)) continue;
    const beside = arrows(graph).filter(({ source, target }) => source === id || target === id);
    const [first] = beside;
    const other = first && boxes.get(first.source === id ? first.target : first.source);
    const x = !other ? 0 : first.source === id ? other.x - size.width - STEP : other.x + other.width + STEP;
    boxes.set(id, below(boxes, { x, y: other?.y ?? 0, ...size }));
  }
  return bounded(boxes, new Map());
}

/** The box, moved down until it covers no other. */
function below(boxes: ReadonlyMap<string, Box>, box: Box): Box {
  for (const other of [...boxes.values()].sort((a, b) => a.y - b.y)) {
    const isApart =
      other.x + other.width <= box.x ||
      box.x + box.width <= other.x ||
      other.y + other.height <= box.y ||
      box.y + box.height <= other.y;
    if (!isApart) box = { ...box, y: other.y + other.height + GAP };
  }
  return box;
}

function computed(graph: Graph, sizes: ReadonlyMap<string, Size>): Layout {
  const dagre = new Dagre({ multigraph: false });
  dagre.setGraph({ rankdir: 'LR', nodesep: GAP, ranksep: STEP, edgesep: 20 });
  dagre.setDefaultEdgeLabel(() => ({}));
  for (const [id, size] of sizes) dagre.setNode(id, { ...size });
  const drawn = arrows(graph).filter(({ source, target }) => sizes.has(source) && sizes.has(target));
  for (const { source, target } of drawn) dagre.setEdge(source, target);
  arrange(dagre);

  const boxes = new Map<string, Box>();
  for (const [id, size] of sizes) {
    const { x, y } = dagre.node(id) as Point;
    boxes.set(id, { x: Math.round(x - size.width / 2), y: Math.round(y - size.height / 2), ...size });
  }
  const bends = new Map<string, Point[]>();
  for (const { source, target } of drawn) {
    const { points = [] } = dagre.edge(source, target) as { points?: Point[] };
    // dagre puts a point between two columns, one in the next column, and so on.
    bends.set(arrowKey(source, target), points.filter((_, n) => n % 2 === 0).slice(1, -1));
  }
  return bounded(...upright(graph, boxes, bends));
}

type Placed = [boxes: Map<string, Box>, bends: Map<string, Point[]>];

/** Upside down, if more edges then come in the order of the ports that they go to. */
function upright(graph: Graph, boxes: Map<string, Box>, bends: Map<string, Point[]>): Placed {
  let order = 0;
  for (const node of graph.nodes) {
    const heights = node.inputs.flatMap(({ source }) => {
      const box = source && boxes.get(sourceId(source));
      return box ? [box.y + box.height / 2] : [];
    });
    for (let n = 1; n < heights.length; n++) order += Math.sign((heights[n] ?? 0) - (heights[n - 1] ?? 0));
  }
  if (order >= 0) return [boxes, bends];
  return [
    new Map([...boxes].map(([id, box]) => [id, { ...box, y: -box.y - box.height }])),
    new Map([...bends].map(([key, points]) => [key, points.map(({ x, y }) => ({ x, y: -y }))]))
  ];
}

/** The same with its upper left corner at 0, 0. */
function bounded(boxes: Map<string, Box>, bends: Map<string, Point[]>): Layout {
  const all = [...boxes.values()];
  if (all.length === 0) return { boxes, bends, width: 0, height: 0 };
  const left = Math.min(...all.map(box => box.x));
  const top = Math.min(...all.map(box => box.y));
  const move = <P extends Point>(point: P): P => ({ ...point, x: point.x - left, y: point.y - top });
  return {
    boxes: new Map([...boxes].map(([id, box]) => [id, move(box)])),
    bends: new Map([...bends].map(([key, points]) => [key, points.map(move)])),
    width: Math.max(...all.map(box => box.x + box.width)) - left,
    height: Math.max(...all.map(box => box.y + box.height)) - top
  };
}
