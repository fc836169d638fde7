import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { LabIcon } from '@jupyterlab/ui-components';
import { Panel } from './panel';
import svg from './triggers-svg';

const PANEL_ID = 'persistentai-triggers';
const OPEN = 'persistentai:open-triggers';

/** The *Schedules and webhooks* side panel, and the command that opens it. */
export const triggers: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:triggers',
  description: 'A side panel with what starts runs by itself: schedules and webhooks, live.',
  autoStart: true,
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null) => {
    const panel = new Panel('triggers', app.serviceManager.serverSettings);
    panel.id = PANEL_ID;
    panel.title.icon = new LabIcon({ name: 'persistentai:triggers', svgstr: svg });
    panel.title.caption = 'PersistentAI schedules and webhooks';
    app.shell.add(panel, 'left', { rank: 251 });
    restorer?.add(panel, PANEL_ID);
    app.commands.addCommand(OPEN, {
      label: 'Show PersistentAI Schedules and Webhooks',
      caption: 'What starts runs by itself, live',
      execute: () => app.shell.activateById(PANEL_ID)
    });
  }
};
