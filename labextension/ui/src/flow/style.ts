import canvas from '@xyflow/react/dist/base.css';
import afar from './afar.css';
import ours from './canvas.css';
import control from './control.css';
import editor from './editor.css';
import head from './head.css';
import inspector from './inspector.css';
import news from './news.css';
import node from './node.css';

/** All that a graph needs; later ones win. */
export default [canvas, ours, head, editor, node, news, afar, inspector, control].join('\n');
