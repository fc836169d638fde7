import type { ServerConnection } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { labHost, loadBundle, type MemoryProps, type PanelView } from './bundle';

/** A side panel, or a tab, that shows one view of the UI bundle; mounted when it is first opened. */
export class Panel extends Widget {
  constructor(
    private readonly view: PanelView,
    private readonly settings: ServerConnection.ISettings,
    private readonly more: MemoryProps = {}
  ) {
    super();
    this.addClass('pai-SidePanel');
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    if (!this.unmount) void this.show_();
  }

  dispose(): void {
    this.unmount?.();
    super.dispose();
  }

  private async show_(): Promise<void> {
    try {
      const bundle = await loadBundle(this.settings);
      if (this.isDisposed || this.unmount) return;
      this.node.replaceChildren();
      this.unmount = bundle.mount(this.node, { view: this.view, host: labHost(this.settings), ...this.more });
    } catch {
      this.explain();
    }
  }

  /** Without the server extension there is no bundle either, so this needs neither. */
  private explain(): void {
    const text = document.createElement('p');
    text.className = 'pai-SidePanel-explain';
    text.textContent =
      'PersistentAI’s server extension does not answer. Enable it with ' +
      '“jupyter server extension enable persistentai_lab.jupyter”, restart Jupyter, ' +
      'and open this panel again.';
    this.node.replaceChildren(text);
  }

  private unmount: (() => void) | undefined;
}
