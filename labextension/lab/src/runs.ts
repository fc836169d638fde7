import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { Panel } from './panel';
import svg from './runs-svg';
import { addSide, type Side } from './side';

const SIDE: Side = {
  id: 'persistentai-runs',
  rank: 250,
  svg,
  caption: 'PersistentAI runs',
  command: {
    id: 'persistentai:open-runs',
    label: 'Show PersistentAI Runs',
    caption: 'All runs of flows, live'
  }
};

/** The *Runs* side panel, and the command that opens it. */
export const runs: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:runs',
  description: 'A side panel with all runs, live.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null) => {
    addSide(app, new Panel('runs', app.serviceManager.serverSettings), SIDE, restorer, palette);
  }
};
