import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { flow } from './flow';
import { runs } from './runs';
import { triggers } from './triggers';

const plugins: JupyterFrontEndPlugin<void>[] = [runs, triggers, flow];

export default plugins;
