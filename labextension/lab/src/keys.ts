import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

const SUPPRESSED = 'data-lm-suppress-shortcuts';
/** With Ctrl, these are a notebook's: run, merge, move and select its cells. The rest is Lab's: save, find, palette. */
const OF_CELLS = /^(Enter|Backspace|Arrow.*|Home|End|a|z|m)$/i;

/**
 * In a cell, what has the focus gets its keys. Lab's own way to say so, an attribute on what is around it, comes too
 * late: the notebook's shortcuts (`d d` deletes the cell) match whatever is focused in it, before Lab looks further.
 */
export const keys: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:keys',
  description: 'Keys that are pressed in a flow or in the memory of a cell are not taken for the notebook’s.',
  autoStart: true,
  activate: (_: JupyterFrontEnd) => {
    // At the window: Lab listens at the document, and takes what it knows before anybody below hears of it.
    window.addEventListener('keydown', keep, true);
  }
};

function keep(event: KeyboardEvent): void {
  const { target } = event;
  if (!(target instanceof Element) || !target.closest('.pai-root') || !target.closest('.jp-Notebook')) return;
  const isLabs = event.ctrlKey || event.metaKey ? !OF_CELLS.test(event.key) : /^F\d/.test(event.key);
  target.toggleAttribute(SUPPRESSED, !isLabs);
}

/** Escape that nothing inside has taken goes back to the cell, where the notebook's keys work again. */
export function leaveByEscape(node: HTMLElement, leave: () => void): void {
  node.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    leave();
  });
}

/** The cell that an output belongs to has the focus. */
export function toCell(node: HTMLElement): void {
  node.closest<HTMLElement>('.jp-Cell')?.focus();
}
