import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { LabIcon } from '@jupyterlab/ui-components';
import { Panel } from './panel';
import svg from './runs-svg';

const PANEL_ID = 'persistentai-runs';
const OPEN = 'persistentai:open-runs';

/** The *Runs* side panel, and the command that opens it. */
export const runs: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:runs',
  description: 'A side panel with all runs, live.',
  autoStart: true,
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null) => {
    const panel = new Panel('runs', app.serviceManager.serverSettings);
    panel.id = PANEL_ID;
    panel.title.icon = new LabIcon({ name: 'persistentai:runs', svgstr: svg });
    panel.title.caption = 'PersistentAI runs';
    app.shell.add(panel, 'left', { rank: 250 });
    restorer?.add(panel, PANEL_ID);
    app.commands.addCommand(OPEN, {
      label: 'Show PersistentAI Runs',
      caption: 'All runs of flows, live',
      execute: () => app.shell.activateById(PANEL_ID)
    });
  }
};
