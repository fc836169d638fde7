import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { flow } from './flow';
import { keys } from './keys';
import { memory } from './memory';
import { runs } from './runs';
import { triggers } from './triggers';

const plugins: JupyterFrontEndPlugin<void>[] = [keys, runs, triggers, memory, flow];

export default plugins;
