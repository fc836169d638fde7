import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { runs } from './runs';

const plugins: JupyterFrontEndPlugin<void>[] = [runs];

export default plugins;
