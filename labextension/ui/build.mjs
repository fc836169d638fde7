// One self-contained ES module: its own React 19 and its own style, nothing shared with the page.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import esbuild from 'esbuild';

const place = '../../persistentai_lab/static';
const made = `dist/${process.pid}`;

try {
  await esbuild.build({
    entryPoints: ['src/index.tsx'],
    outfile: join(made, 'ui.js'),
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
  // Each file moves as a whole: a page that loads it meanwhile gets the old one or the new one.
  mkdirSync(place, { recursive: true });
  const files = readdirSync(made);
  for (const file of files) renameSync(join(made, file), join(place, file));
  for (const file of readdirSync(place)) if (!files.includes(file)) rmSync(join(place, file), { recursive: true });
} finally {
  rmSync('dist', { recursive: true, force: true });
}
