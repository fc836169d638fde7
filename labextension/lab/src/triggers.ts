import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { Panel } from './panel';
import { addSide, type Side } from './side';
import svg from './triggers-svg';

const SIDE: Side = {
  id: 'persistentai-triggers',
  rank: 251,
  svg,
  caption: 'PersistentAI schedules and webhooks',
  command: {
    id: 'persistentai:open-triggers',
    label: 'Show PersistentAI Schedules and Webhooks',
    caption: 'What starts runs by itself, live'
  }
};

/** The *Schedules and webhooks* side panel, and the command that opens it. */
export const triggers: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:triggers',
  description: 'A side panel with what starts runs by itself: schedules and webhooks, live.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null) => {
    addSide(app, new Panel('triggers', app.serviceManager.serverSettings), SIDE, restorer, palette);
  }
};
