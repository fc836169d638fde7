import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ServerConnection } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { type FlowProps, type Host, type Json, labHost, loadBundle, type Unmount } from './bundle';
import { WidgetLink, type WidgetState } from './kernel';

/** What a flow or a run leaves in a notebook; its twin is `persistentai_lab/widgets/mime.py`. */
export const FLOW = 'application/vnd.persistentai.flow+json';

const HTML = 'text/html';
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

const NO_EXTENSION =
  'This is the picture that was saved. To see it live, enable PersistentAI’s server extension: ' +
  '“jupyter server extension enable persistentai_lab.jupyter”, then restart Jupyter.';
const UNKNOWN =
  'This is the picture that was saved: the runtime here does not know this run. ' +
  'It belongs to another machine, or to somebody else.';

interface Data {
  graph?: Json;
  runId?: string;
  modelId?: string;
}

export interface Place {
  settings: ServerConnection.ISettings;
  /** Draws the picture that is saved beside the data. */
  rendermime: IRenderMimeRegistry;
  /** The notebook's, if there is one. */
  session: ISessionContext | null;
}

/**
 * A flow in a cell. It shows the saved picture at once, and the live view as soon as it can: from
 * the gateway, so that it needs no kernel. It only reads; untrusted notebooks may show it.
 */
export class FlowOutput extends Panel implements IRenderMime.IRenderer {
  constructor(private readonly place: Place) {
    super();
    this.addClass('pai-CellFlow');
    this.note.addClass('pai-CellFlow-note');
    this.note.hide();
    this.host = labHost(place.settings);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const before = this.data;
    this.data = read(model.data[FLOW]);
    if (before && same(before.graph, this.data.graph)) this.data.graph = before.graph;
    if (before && before.modelId === this.data.modelId && before.runId === this.data.runId) {
      return this.update_();
    }
    this.follow();
    if (!this.unmount) await this.showPicture(model);
    void this.come();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.turn++;
    clearTimeout(this.timer);
    this.link?.dispose();
    this.unmount?.();
    super.dispose();
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.attached();
  }

  /** Listen to the widget in the kernel, if the notebook has one. */
  private follow(): void {
    this.link?.dispose();
    const { session } = this.place;
    const { modelId } = this.data;
    this.link =
      session && modelId ? new WidgetLink(session, modelId, state => this.take(state)) : null;
  }

  /** The widget shows something else now: a run that was started here, or in another tab. */
  private take({ graph, run_id }: WidgetState): void {
    if (graph === undefined && run_id === undefined) return;
    if (graph !== undefined) this.data.graph = graph ?? undefined;
    if (run_id) this.data.runId = run_id;
    if (this.unmount) this.update_();
    else void this.come();
    if (this.link?.isAsking) this.keep(); // other tabs only look on
  }

  /** Save with the notebook what is shown, so that tomorrow it shows the same. */
  private keep(): void {
    const { model } = this;
    const saved = model?.data[FLOW] as { [name: string]: Json } | undefined;
    if (!model || !saved) return;
    const data = { ...saved, graph: this.data.graph ?? null, run_id: this.data.runId ?? null };
    model.setData({ data: { ...model.data, [FLOW]: data } });
  }

  private async come(): Promise<void> {
    const turn = ++this.turn;
    const isOver = (): boolean => turn !== this.turn || this.isDisposed;
    let bundle;
    try {
      bundle = await loadBundle(this.place.settings);
    } catch {
      return this.say(NO_EXTENSION);
    }
    await this.isPlaced;
    for (let wait = FIRST_WAIT_MS; !isOver(); wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const answer = await whetherKnown(this.host, this.data.runId);
      if (isOver()) return;
      if (answer === 'unknown') return this.showPictureOnly();
      if (!this.unmount) {
        this.picture?.dispose();
        this.say('');
        this.unmount = bundle.mount(this.live.node, this.props());
        this.addWidget(this.live);
      } else this.update_();
      if (answer === 'known') return;
      await new Promise(done => (this.timer = setTimeout(done, wait)));
    }
  }

  private props(): FlowProps {
    const { graph, runId } = this.data;
    return { view: 'flow', host: this.host, graph, runId, kernel: this.link };
  }

  private update_(): void {
    this.unmount?.update(this.props());
  }

  private async showPicture(model: IRenderMime.IMimeModel): Promise<void> {
    this.picture?.dispose();
    if (typeof model.data[HTML] !== 'string' && !Array.isArray(model.data[HTML])) {
      return this.say('Loading …');
    }
    const picture = this.place.rendermime.createRenderer(HTML);
    this.picture = picture;
    this.insertWidget(0, picture);
    await picture.renderModel(model);
  }

  private async showPictureOnly(): Promise<void> {
    this.unmount?.();
    this.unmount = undefined;
    this.live.parent = null;
    if (this.model) await this.showPicture(this.model);
    this.say(UNKNOWN);
  }

  private say(text: string): void {
    this.note.node.textContent = text;
    this.addWidget(this.note);
    this.note.setHidden(!text);
  }

  private readonly host: Host;
  private readonly live = new Widget();
  private readonly note = new Widget({ node: document.createElement('p') });
  private picture: IRenderMime.IRenderer | undefined;
  private model: IRenderMime.IMimeModel | undefined;
  private data: Data = {};
  private link: WidgetLink | null = null;
  private unmount: Unmount | undefined;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attached: () => void = () => undefined;
  private readonly isPlaced = new Promise<void>(done => (this.attached = done));
}

/** Take from somebody's notebook only what has the form that we write. */
function read(saved: unknown): Data {
  const { graph, run_id, model_id } = (saved ?? {}) as { [name: string]: Json };
  return {
    graph: graph && typeof graph === 'object' ? graph : undefined,
    runId: typeof run_id === 'string' && /^[\w-]{1,100}$/.test(run_id) ? run_id : undefined,
    modelId: typeof model_id === 'string' ? model_id : undefined
  };
}

/** The same drawing, though parsed anew: what a person edits on it must not be lost. */
function same(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether the runtime here has the run. No run is always known. */
async function whetherKnown(
  host: Host,
  runId: string | undefined
): Promise<'known' | 'unknown' | 'away'> {
  if (!runId) return 'known';
  try {
    const answer = await host.fetch(`persistentai/api/v1/runs/${runId}`);
    if (answer.ok) return 'known';
    const said = (await answer.json()) as { code?: string };
    return said.code === 'run_not_found' || said.code === 'access_denied' ? 'unknown' : 'away';
  } catch {
    return 'away';
  }
}
