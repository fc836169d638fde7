import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { LabIcon } from '@jupyterlab/ui-components';
import type { EntryRef } from './bundle';
import svg from './memory-svg';
import { MEMORY, MemoryOutput } from './memory-output';
import { Panel } from './panel';

const PANEL_ID = 'persistentai-memory';
const OPEN = 'persistentai:open-memory';
/** Before the widget, which needs a kernel. */
const RANK = -20;
const OPEN_ENTRY = 'persistentai:open-memory-entry';

/** The *Memory* side panel, and what is opened from it: a tab for each entry. */
export const memory: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:memory',
  description: 'A side panel with all that agents remember, now and at any moment before.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, restorer: ILayoutRestorer | null) => {
    const settings = app.serviceManager.serverSettings;
    const icon = new LabIcon({ name: 'persistentai:memory', svgstr: svg });
    const tabs = new Map<string, MainAreaWidget>();
    let made = 0;

    function open(entry: EntryRef, at: string | null): void {
      const key = [entry.layer, entry.id, entry.version ?? '', at ?? ''].join(' ');
      let tab = tabs.get(key);
      if (!tab) {
        const content = new Panel('memoryEntry', settings, { entry, at, onOpen: open });
        tab = new MainAreaWidget({ content });
        tab.toolbar.hide();
        tab.id = `persistentai-entry-${++made}`; // of its own, whichever were closed meanwhile
        tab.title.icon = icon;
        tab.title.label = labelOf(entry);
        tab.title.caption = entry.id + (at ? `, as of ${new Date(at).toLocaleString()}` : '');
        tab.title.closable = true;
        tabs.set(key, tab);
        tab.disposed.connect(() => tabs.delete(key));
        app.shell.add(tab, 'main');
      }
      app.shell.activateById(tab.id);
    }

    const factory = { safe: true, mimeTypes: [MEMORY], createRenderer: () => new MemoryOutput(settings, open) };
    rendermime.addFactory(factory, RANK);
    const panel = new Panel('memory', settings, { onOpen: open });
    panel.id = PANEL_ID;
    panel.title.icon = icon;
    panel.title.caption = 'PersistentAI memory';
    app.shell.add(panel, 'left', { rank: 252 });
    restorer?.add(panel, PANEL_ID);
    app.commands.addCommand(OPEN, {
      label: 'Show PersistentAI Memory',
      caption: 'Feeds, files, records, history and knowledge, now and before',
      execute: () => app.shell.activateById(PANEL_ID)
    });
    app.commands.addCommand(OPEN_ENTRY, {
      label: 'Show a PersistentAI Memory Entry',
      execute: args => open({ layer: String(args.layer), id: String(args.id) }, null)
    });
  }
};

/** The end of its name, as tabs of files have it; what only has a number says what it is. */
function labelOf({ layer, id }: EntryRef): string {
  const end = id.split('/').filter(Boolean).at(-1) ?? layer;
  if (!/^\d+$/.test(end)) return end;
  const what = { f: 'Fact', c: 'Text' }[id.split('/')[0] ?? ''] ?? id.split('/').at(-3) ?? '';
  return `${what} #${end}`;
}
