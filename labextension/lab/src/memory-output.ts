import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ServerConnection } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';
import { type EntryRef, labHost, loadBundle } from './bundle';
import { leaveByEscape, toCell } from './keys';

/** What `pai.memory` leaves in a notebook; its twin is `persistentai_lab/widgets/mime.py`. */
export const MEMORY = 'application/vnd.persistentai.memory+json';

const NO_EXTENSION =
  'The Memory Tree needs PersistentAI’s server extension. Enable it with ' +
  '“jupyter server extension enable persistentai_lab.jupyter”, then restart Jupyter.';

/** The Memory Tree in a cell: from the gateway, so that it needs no kernel. What it shows is not saved. */
export class MemoryOutput extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly onOpen: (entry: EntryRef, at: string | null) => void
  ) {
    super();
    this.addClass('pai-CellMemory');
    leaveByEscape(this.node, () => toCell(this.node));
  }

  async renderModel(): Promise<void> {
    if (this.unmount) return;
    try {
      const bundle = await loadBundle(this.settings);
      if (this.isDisposed || this.unmount) return;
      const place = document.createElement('div');
      this.node.replaceChildren(place);
      this.unmount = bundle.mount(place, { view: 'memory', host: labHost(this.settings), onOpen: this.onOpen });
    } catch {
      this.node.textContent = NO_EXTENSION;
    }
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.unmount?.();
    super.dispose();
  }

  private unmount: (() => void) | undefined;
}
