import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

/** What the UI bundle needs of the page it is mounted in; the twin of its own `Host`. */
export interface Host {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  socket(path: string): WebSocket;
}

export type Json = ReadonlyPartialJSONValue;

/** How a view asks the kernel to run what it shows; the twin of the bundle's own. */
export interface KernelLink {
  isAlive(): boolean;
  subscribe(listener: () => void): () => void;
  /** Rejects with `{code, message, remedy}`. */
  run(inputs: Json, values: Json): Promise<{ run_id: string }>;
}

export interface FlowProps {
  view: 'flow';
  host: Host;
  graph?: Json;
  runId?: string;
  kernel: KernelLink | null;
  /** Called when the view shows a run that was begun in it. */
  onRun?(runId: string): void;
  /** Called, maybe more than once, when the run that is shown has ended. */
  onEnd?(runId: string): void;
}

export interface Unmount {
  (): void;
  update(props: FlowProps): void;
}

/** What a side panel shows. */
export type PanelView = 'runs' | 'triggers' | 'memory' | 'memoryEntry';

/** A thing in memory: its layer, and its name there. */
export interface EntryRef {
  layer: string;
  id: string;
  version?: string | null;
}

/** What the views of memory need besides: what to show, and how others are shown. */
export interface MemoryProps {
  entry?: EntryRef;
  at?: string | null;
  onOpen?(entry: EntryRef, at: string | null): void;
}

export interface Bundle {
  mount(element: HTMLElement, props: ({ view: PanelView; host: Host } & MemoryProps) | FlowProps): Unmount;
}

let loading: Promise<Bundle> | undefined;

/** Load the UI bundle from the server extension, once a page. A failed try is not remembered. */
export function loadBundle(settings: ServerConnection.ISettings): Promise<Bundle> {
  const url = URLExt.join(settings.baseUrl, 'persistentai/static/ui.js');
  loading ??= (import(/* webpackIgnore: true */ url) as Promise<Bundle>).catch(error => {
    loading = undefined;
    throw error;
  });
  return loading;
}

const hosts = new WeakMap<ServerConnection.ISettings, Host>();

/** JupyterLab's own way to the server: its token, its XSRF cookie, its base URL. Always the same. */
export function labHost(settings: ServerConnection.ISettings): Host {
  let host = hosts.get(settings);
  if (!host) hosts.set(settings, (host = makeHost(settings)));
  return host;
}

function makeHost(settings: ServerConnection.ISettings): Host {
  return {
    fetch: (path, init = {}) =>
      ServerConnection.makeRequest(URLExt.join(settings.baseUrl, path), init, settings),
    socket: path => {
      const url = new URL(URLExt.join(settings.wsUrl, path));
      if (settings.appendToken && settings.token) url.searchParams.set('token', settings.token);
      return new settings.WebSocket(url.href);
    }
  };
}
