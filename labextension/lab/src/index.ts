import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { flow } from './flow';
import { runs } from './runs';

const plugins: JupyterFrontEndPlugin<void>[] = [runs, flow];

export default plugins;
