import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { KernelMessage } from '@jupyterlab/services';
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
    const nowhere = { session: null, born: new Set<string>() };
    everywhere.addFactory(factory({ settings, rendermime: everywhere, ...nowhere }), RANK);
    app.docRegistry.addWidgetExtension(NOTEBOOK, {
      createNew(panel, { sessionContext }) {
        const { rendermime } = (panel as Notebook).content;
        const place = { settings, rendermime, session: sessionContext, born: bornHere(sessionContext) };
        rendermime.addFactory(factory(place), RANK);
      }
    });
  }
};

/** Only what is used of a notebook: its package would come with half of Lab. */
interface Notebook extends Widget {
  content: { rendermime: IRenderMimeRegistry };
}

/** The widgets that cells of this page have made; those of other pages of the notebook are not. */
function bornHere(session: ISessionContext): ReadonlySet<string> {
  const born = new Set<string>();
  session.iopubMessage.connect((_, message) => {
    if (!KernelMessage.isCommOpenMsg(message)) return;
    const { session: page } = message.parent_header as { session?: string };
    if (page === session.session?.kernel?.clientId) born.add(message.content.comm_id);
  });
  return born;
}

function factory(place: Place): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [FLOW],
    createRenderer: () => new FlowOutput(place)
  };
}
