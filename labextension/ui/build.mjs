// One self-contained ES module: its own React 19 and its own style, nothing shared with the page.
import { rmSync } from 'node:fs';
import esbuild from 'esbuild';

const outfile = '../../persistentai_lab/static/ui.js';
rmSync('../../persistentai_lab/static', { recursive: true, force: true });

await esbuild.build({
  entryPoints: ['src/index.tsx'],
  outfile,
  bundle: true,
  format: 'esm',
  minify: true,
  target: 'es2022',
  jsx: 'automatic',
  loader: { '.css': 'text' },
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'linked',
  logLevel: 'info'
});
