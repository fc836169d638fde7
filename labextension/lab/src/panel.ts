import type { ServerConnection } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { labHost, loadBundle, type MemoryProps, type PanelView } from './bundle';

const FIRST = 'button, input, [tabindex="0"]';

/** A side panel, or a tab, that shows one view of the UI bundle; mounted when it is first opened. */
export class Panel extends Widget {
  constructor(
    private readonly view: PanelView,
    private readonly settings: ServerConnection.ISettings,
    private readonly more: MemoryProps = {}
  ) {
    super();
    this.addClass('pai-SidePanel');
    this.node.tabIndex = -1;
    this.node.addEventListener('focusin', ({ target }) => (this.last = target as HTMLElement));
  }

  /** Whoever comes back finds the focus where it was. */
  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    // The palette, when it closes, first gives the focus back to where it was.
    requestAnimationFrame(() => {
      if (!this.node.contains(document.activeElement)) this.focus();
    });
  }

  private focus(): void {
    // What had it may be gone, or be seen only while a hand is near; what can't have it doesn't take it.
    if (this.last !== this.node) this.last?.focus();
    if (!this.node.contains(document.activeElement)) (this.node.querySelector<HTMLElement>(FIRST) ?? this.node).focus();
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    if (!this.unmount) this.come();
  }

  dispose(): void {
    this.unmount?.();
    super.dispose();
  }

  private come(): void {
    loadBundle(this.settings).then(
      bundle => {
        if (this.isDisposed || this.unmount) return;
        const place = document.createElement('div');
        this.node.replaceChildren(place);
        this.unmount = bundle.mount(place, { view: this.view, host: labHost(this.settings), ...this.more });
      },
      () => this.explain()
    );
  }

  /** Without the server extension there is no bundle either, so this needs neither. */
  private explain(): void {
    const text = document.createElement('p');
    text.textContent =
      'PersistentAI’s server extension does not answer. Is Jupyter still running? If so, enable it with ' +
      '“jupyter server extension enable persistentai_lab.jupyter”, and restart Jupyter.';
    const again = document.createElement('button');
    again.className = 'jp-mod-styled jp-mod-accept';
    again.textContent = 'Try again';
    again.onclick = () => {
      again.disabled = true;
      this.come();
    };
    const all = document.createElement('div');
    all.className = 'pai-SidePanel-explain';
    all.setAttribute('role', 'alert');
    all.append(text, again);
    this.node.replaceChildren(all);
  }

  private last: HTMLElement | undefined;
  private unmount: (() => void) | undefined;
}
