import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Widget } from '@lumino/widgets';
import { FLOW, FlowOutput, type Place } from './output';

/** Before the picture (`text/html`) and before the widget, which needs a kernel. */
const RANK = -20;
const NOTEBOOK = 'Notebook';

/** Flows and runs in the cells of notebooks, alive whatever the kernel does. */
export const flow: JupyterFrontEndPlugin<void> = {
  id: '@persistentai/lab:flow',
  description: 'Shows flows and runs in cells, live.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (app: JupyterFrontEnd, everywhere: IRenderMimeRegistry) => {
    const settings = app.serviceManager.serverSettings;
    everywhere.addFactory(factory({ settings, rendermime: everywhere, session: null }), RANK);
    app.docRegistry.addWidgetExtension(NOTEBOOK, {
      createNew(panel, { sessionContext }) {
        const { rendermime } = (panel as Notebook).content;
        rendermime.addFactory(factory({ settings, rendermime, session: sessionContext }), RANK);
      }
    });
  }
};

/** Only what is used of a notebook: its package would come with half of Lab. */
interface Notebook extends Widget {
  content: { rendermime: IRenderMimeRegistry };
}

function factory(place: Place): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [FLOW],
    createRenderer: () => new FlowOutput(place)
  };
}
