// Compile every *.test.ts beside its source and run them with node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import esbuild from 'esbuild';

const tests = readdirSync('.', { recursive: true })
  .filter(name => !name.startsWith('node_modules') && /\.test\.tsx?$/.test(name));
const out = mkdtempSync(join(tmpdir(), 'pai-ui-tests-'));
try {
  await esbuild.build({
    entryPoints: tests,
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    loader: { '.css': 'text' },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    sourcemap: 'inline',
    logLevel: 'warning'
  });
  const built = readdirSync(out, { recursive: true }).filter(name => name.endsWith('.mjs'));
  const run = spawnSync(process.execPath, ['--test', ...built.map(name => join(out, name))], { stdio: 'inherit' });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
