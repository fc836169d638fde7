import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ServerConnection } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { type FlowProps, type Host, type Json, labHost, loadBundle, type Unmount } from './bundle';
import { WidgetLink, type WidgetState } from './kernel';
import { leaveByEscape, toCell } from './keys';

/** What a flow or a run leaves in a notebook; its twin is `persistentai_lab/widgets/mime.py`. */
export const FLOW = 'application/vnd.persistentai.flow+json';

const API = 'persistentai/api/v1';
const HTML = 'text/html';
const LARGEST = 200_000;
const SOON_MS = 150;
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
  /** Widgets whose cells were run from this page. */
  born: ReadonlySet<string>;
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
    leaveByEscape(this.node, () => toCell(this.node));
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const { graph, runId, modelId } = read(model.data[FLOW]);
    if (this.saved && runId === this.saved) return; // what we have written ourselves
    this.saved = undefined;
    const before = this.data;
    this.data = { graph: same(before?.graph, graph) ? before?.graph : graph, runId, modelId };
    if (before && before.modelId === modelId && before.runId === runId) return this.redraw();
    this.follow();
    // A view that is there at once needs no picture before it; one that takes its time does.
    await Promise.race([this.come(), new Promise(done => setTimeout(done, SOON_MS))]);
    if (!this.unmount && !this.picture && !this.isDisposed) await this.showPicture(model);
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
    const modelId = this.data?.modelId;
    this.link =
      session && modelId ? new WidgetLink(session, modelId, state => this.take(state)) : null;
  }

  /** The widget shows another run now, one that was started in another tab. */
  private take({ graph, run_id }: WidgetState): void {
    if (!run_id || this.link?.isAsking) return; // the view follows what it asked for by itself
    this.data = { ...this.data, graph: graph ?? this.data?.graph, runId: run_id };
    if (this.unmount) this.redraw();
    else this.begin();
  }

  /** Save with the notebook which run was begun here, so that tomorrow it shows the same. */
  private async keep(runId: string): Promise<void> {
    const graph = await graphOf(this.host, runId);
    const { model } = this;
    const before = model?.data[FLOW] as { [name: string]: Json } | undefined;
    if (!model || !before || this.isDisposed) return;
    this.saved = runId;
    const data = { ...before, graph: graph ?? before.graph, run_id: runId, is_final: false };
    model.setData({ data: { ...model.data, [FLOW]: data } });
    if (this.ended === runId) await this.finish(runId);
  }

  /**
   * Save the picture of how the run ended, for whoever reads the notebook where nothing is live.
   * Only the page that ran the cell does so: others would change a file that they just look at.
   */
  private async finish(runId: string): Promise<void> {
    this.ended = runId;
    const { link, model } = this;
    const before = model?.data[FLOW] as { [name: string]: Json } | undefined;
    if (!link || !this.place.born.has(String(before?.model_id))) return;
    if (before?.run_id !== runId || before.is_final || this.finishing === runId) return;
    this.finishing = runId;
    const html = await link.picture(runId).catch(() => undefined);
    if (!html) this.finishing = undefined; // the next that tells of the end may ask again
    const now = this.model?.data[FLOW] as { [name: string]: Json } | undefined;
    if (!html || now?.run_id !== runId || this.isDisposed) return;
    const data = { ...this.model?.data, [HTML]: html, [FLOW]: { ...now, is_final: true } };
    this.model?.setData({ data });
  }

  private begin(): void {
    this.come().catch((error: unknown) => this.say(`This can’t be shown live: ${String(error)} Reload the page.`));
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
      const answer = await whetherKnown(this.host, this.data?.runId);
      if (isOver()) return;
      if (answer === 'unknown') return this.showPictureOnly();
      if (!this.unmount) {
        this.picture?.dispose();
        this.picture = undefined;
        this.say('');
        this.unmount = bundle.mount(this.live.node, this.props());
        this.addWidget(this.live);
      } else this.redraw();
      if (answer === 'known') return;
      await new Promise(done => (this.timer = setTimeout(done, wait)));
    }
  }

  private props(): FlowProps {
    const { graph, runId } = this.data ?? {};
    const onRun = (begun: string): void => void this.keep(begun).catch(unsaved);
    const onEnd = (ended: string): void => void this.finish(ended).catch(unsaved);
    return { view: 'flow', host: this.host, graph, runId, kernel: this.link, onRun, onEnd };
  }

  private redraw(): void {
    this.unmount?.update(this.props());
  }

  private async showPicture(model: IRenderMime.IMimeModel): Promise<void> {
    this.picture?.dispose();
    if (typeof model.data[HTML] !== 'string' && !Array.isArray(model.data[HTML])) {
      return this.say('Loading …');
    }
    const picture = this.place.rendermime.createRenderer(HTML);
    this.picture = picture;
    this.addWidget(picture);
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
    this.insertWidget(0, this.note);
    this.note.setHidden(!text);
  }

  private readonly host: Host;
  private readonly live = new Widget();
  private readonly note = new Widget({ node: document.createElement('p') });
  private picture: IRenderMime.IRenderer | undefined;
  private model: IRenderMime.IMimeModel | undefined;
  private data: Data | undefined;
  /** The last run that was begun here and saved. */
  private saved: string | undefined;
  private ended: string | undefined;
  private finishing: string | undefined;
  private link: WidgetLink | null = null;
  private unmount: Unmount | undefined;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attached: () => void = () => undefined;
  private readonly isPlaced = new Promise<void>(done => (this.attached = done));
}

/** Nobody has pressed anything: the notebook keeps what it had, and the run is not touched. */
function unsaved(error: unknown): void {
  console.warn('How the run went was not saved with the notebook.', error);
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

/** The drawing of a run; null if it can't be had now, or would make the notebook heavy. */
async function graphOf(host: Host, runId: string): Promise<Json> {
  try {
    const answer = await host.fetch(`${API}/runs/${encodeURIComponent(runId)}/graph`);
    const text = answer.ok ? await answer.text() : 'null';
    return text.length <= LARGEST ? (JSON.parse(text) as Json) : null;
  } catch {
    return null;
  }
}

/** Whether the runtime here has the run. No run is always known. */
async function whetherKnown(
  host: Host,
  runId: string | undefined
): Promise<'known' | 'unknown' | 'away'> {
  if (!runId) return 'known';
  try {
    const answer = await host.fetch(`${API}/runs/${runId}`);
    if (answer.ok) return 'known';
    const said = (await answer.json()) as { code?: string };
    return said.code === 'run_not_found' || said.code === 'access_denied' ? 'unknown' : 'away';
  } catch {
    return 'away';
  }
}
