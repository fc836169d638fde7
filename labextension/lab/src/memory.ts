import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { EntryRef } from './bundle';
import svg from './memory-svg';
import { MEMORY, MemoryOutput } from './memory-output';
import { leaveByEscape } from './keys';
import { Panel } from './panel';
import { addSide, type Side } from './side';

/** Before the widget, which needs a kernel. */
const RANK = -20;
const OPEN_ENTRY = 'persistentai:open-memory-entry';

const SIDE: Side = {
  id: 'persistentai-memory',
  rank: 252,
  svg,
  caption: 'PersistentAI memory',
  command: {
    id: 'persistentai:open-memory',
    label: 'Show PersistentAI Memory',
    caption: 'Feeds, files, records, history and knowledge, now and before'
  }
};

/** The *Memory* side panel, and what is opened from it: a tab for each entry. */
export const memory: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:memory',
  description: 'A side panel with all that agents remember, now and at any moment before.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const settings = app.serviceManager.serverSettings;
    const tabs = new Map<string, MainAreaWidget>();
    const from = new Map<string, Element | null>();
    let made = 0;

    function open(entry: EntryRef, at: string | null): void {
      const key = [entry.layer, entry.id, entry.version ?? '', at ?? ''].join(' ');
      let tab = tabs.get(key);
      from.set(key, document.activeElement);
      if (!tab) {
        const content = new Panel('memoryEntry', settings, { entry, at, onOpen: open });
        leaveByEscape(content.node, () => goBack(app, from.get(key)));
        tab = new MainAreaWidget({ content });
        tab.toolbar.hide();
        tab.id = `persistentai-entry-${++made}`; // of its own, whichever were closed meanwhile
        tab.title.icon = icon;
        tab.title.label = labelOf(entry);
        tab.title.caption = entry.id + (at ? `, as of ${new Date(at).toLocaleString()}` : '');
        tab.title.closable = true;
        tabs.set(key, tab);
        tab.disposed.connect(() => tabs.delete(key) && from.delete(key));
        app.shell.add(tab, 'main');
      }
      app.shell.activateById(tab.id);
    }

    const factory = { safe: true, mimeTypes: [MEMORY], createRenderer: () => new MemoryOutput(settings, open) };
    rendermime.addFactory(factory, RANK);
    const panel = new Panel('memory', settings, { onOpen: open });
    const icon = addSide(app, panel, SIDE, restorer, palette);
    app.commands.addCommand(OPEN_ENTRY, {
      label: 'Show a PersistentAI Memory Entry',
      execute: args => open({ layer: String(args.layer), id: String(args.id) }, null)
    });
  }
};

/** To where it was opened: the tree at the side or in a cell, or another entry. */
function goBack({ shell }: JupyterFrontEnd, from: Element | null | undefined): void {
  const places = [...shell.widgets('left'), ...shell.widgets('main')];
  shell.activateById((from && places.find(each => each.node.contains(from))?.id) || SIDE.id);
  if (from instanceof HTMLElement && from.isConnected) from.focus();
}

/** The end of its name, as tabs of files have it; what only has a number says what it is. */
function labelOf({ layer, id }: EntryRef): string {
  const end = id.split('/').filter(Boolean).at(-1) ?? layer;
  if (!/^\d+$/.test(end)) return end;
  const what = { f: 'Fact', c: 'Text' }[id.split('/')[0] ?? ''] ?? id.split('/').at(-3) ?? '';
  return `${what} #${end}`;
}
