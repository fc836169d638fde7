import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** What the UI bundle needs of the page it is mounted in; the twin of its own `Host`. */
export interface Host {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  socket(path: string): WebSocket;
}

export interface Bundle {
  mount(element: HTMLElement, props: { view: 'runs'; host: Host }): () => void;
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

/** JupyterLab's own way to the server: its token, its XSRF cookie, its base URL. */
export function labHost(settings: ServerConnection.ISettings): Host {
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
