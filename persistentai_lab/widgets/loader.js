// Mounts PersistentAI's one UI bundle: by URL in a Jupyter page, else from the kernel, once a page.
const config = () => {
  try {
    return JSON.parse(document.getElementById('jupyter-config-data').textContent);
  } catch {
    return null;
  }
};

/** Messages to the kernel, and what it says to each of them. */
function wire(model) {
  const heard = new Map();
  const me = Math.random().toString(36).slice(2);
  let count = 0;
  const hear = (said, buffers) => heard.get(said.id)?.(said, buffers);
  model.on('msg:custom', hear);
  const tell = (message, listener) => {
    const id = `${me}.${++count}`;
    heard.set(id, listener);
    model.send({ ...message, id });
    return id;
  };
  return {
    tell,
    ask: message =>
      new Promise(done => {
        const id = tell(message, (said, buffers) => {
          heard.delete(id);
          done([said, buffers]);
        });
      }),
    hangUp(id) {
      heard.delete(id);
      model.send({ type: 'close', id });
    },
    close: () => model.off('msg:custom', hear)
  };
}

function pageHost({ baseUrl, token }) {
  const at = path => new URL(path, new URL(baseUrl, location.href));
  return {
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      const cookie = document.cookie.match(/\b_xsrf=([^;]*)/);
      if (token) headers.set('Authorization', `token ${token}`);
      else if (cookie) headers.set('X-XSRFToken', cookie[1]);
      return fetch(at(path), { ...init, headers, credentials: 'same-origin' });
    },
    socket(path) {
      const url = at(path);
      url.protocol = url.protocol.replace('http', 'ws');
      if (token) url.searchParams.set('token', token);
      return new WebSocket(url);
    }
  };
}

function kernelHost(kernel) {
  return {
    async fetch(path, { method = 'GET', body = null } = {}) {
      const [said, [data]] = await kernel.ask({ type: 'fetch', path, method, body });
      const headers = { 'Content-Type': said.media_type };
      return new Response(data?.byteLength ? data : null, { status: said.status, headers });
    },
    socket(path) {
      const socket = { close: () => kernel.hangUp(id) };
      const id = kernel.tell({ type: 'open', path }, said => {
        if (said.type === 'opened') socket.onopen?.({});
        if (said.type === 'event') socket.onmessage?.({ data: said.data });
        if (said.type === 'closed') socket.onclose?.({ code: said.code, reason: said.reason });
      });
      return socket;
    }
  };
}

async function load(kernel) {
  const page = config();
  if (page?.baseUrl) {
    try {
      const url = new URL('persistentai/static/ui.js', new URL(page.baseUrl, location.href));
      return [await import(url.href), pageHost(page)];
    } catch {
      // A Jupyter server without our extension: the kernel has what it takes.
    }
  }
  globalThis.persistentaiBundle ??= kernel.ask({ type: 'bundle' }).then(([, [data]]) =>
    import(URL.createObjectURL(new Blob([data], { type: 'text/javascript' })))
  );
  return [await globalThis.persistentaiBundle, kernelHost(kernel)];
}

async function render({ model, el }) {
  const kernel = wire(model);
  const listeners = new Set();
  let isAlive = true;
  let asking = 0;
  const link = model.get('can_run') && {
    isAlive: () => isAlive,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async run(inputs, values) {
      asking++;
      const [{ run_id, error }] = await kernel.ask({ type: 'run', inputs, values });
      asking--;
      if (error) throw error;
      return { run_id };
    }
  };
  // After a view is there, this changes only when the kernel is gone.
  const gone = () => {
    isAlive = false;
    for (const listener of listeners) listener();
  };
  el.textContent = 'PersistentAI: waiting for the kernel, which sends this view …';
  let unmount;
  try {
    const [bundle, host] = await load(kernel);
    const props = () => ({
      view: model.get('view') ?? 'flow', host, kernel: link || null,
      graph: model.get('graph') ?? undefined, runId: model.get('run_id') ?? undefined
    });
    el.textContent = '';
    if (model.get('view') === 'memory') el.style.height = '420px';
    unmount = bundle.mount(el, props());
    const change = () => asking || unmount.update(props()); // it follows what it asked for itself
    model.on('change:graph', change);
    model.on('change:run_id', change);
    model.on('comm_live_update', gone);
    return () => {
      model.off('change:graph', change);
      model.off('change:run_id', change);
      model.off('comm_live_update', gone);
      unmount();
      kernel.close();
    };
  } catch (error) {
    el.textContent = `PersistentAI: this view cannot be loaded (${error}). Run the cell again.`;
  }
}

export default { render };
