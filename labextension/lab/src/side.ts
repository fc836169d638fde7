import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { LabIcon } from '@jupyterlab/ui-components';
import { leaveByEscape } from './keys';
import type { Panel } from './panel';

const CATEGORY = 'PersistentAI';

export interface Side {
  id: string;
  /** Where among the others; Lab's own have whole hundreds. */
  rank: number;
  svg: string;
  /** What the tab says when one points at it. */
  caption: string;
  command: { id: string; label: string; caption: string };
}

/** Put a panel at the left, with a command that opens it, in the palette too; Escape goes back to one's work. */
export function addSide(
  app: JupyterFrontEnd,
  panel: Panel,
  { id, rank, svg, caption, command }: Side,
  restorer: ILayoutRestorer | null,
  palette: ICommandPalette | null
): LabIcon {
  const icon = new LabIcon({ name: id.replace('-', ':'), svgstr: svg });
  panel.id = id;
  panel.title.icon = icon;
  panel.title.caption = caption;
  leaveByEscape(panel.node, () => toWork(app));
  app.shell.add(panel, 'left', { rank });
  restorer?.add(panel, id);
  const { id: name, ...about } = command;
  app.commands.addCommand(name, { ...about, execute: () => app.shell.activateById(id) });
  palette?.addItem({ command: name, category: CATEGORY });
  return icon;
}

/** The notebook, or whatever is in front, has the focus. */
function toWork({ shell }: JupyterFrontEnd): void {
  const { currentWidget } = shell;
  if (currentWidget) shell.activateById(currentWidget.id);
}
