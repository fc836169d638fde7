// Every promise is waited for, or says what happens when it is refused: no failure is dropped in silence.
// The compiler knows which expressions are promises; it has no rule for those that nobody looks at.
import { relative } from 'node:path';
import ts from 'typescript';

const config = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail });
const program = ts.createProgram(config.fileNames, config.options);
const types = program.getTypeChecker();
const found = [];

for (const file of program.getSourceFiles()) {
  if (file.isDeclarationFile || program.isSourceFileFromExternalLibrary(file) || /\.test\.tsx?$/.test(file.fileName)) continue;
  look(file, file);
}
for (const line of found) console.error(line);
process.exitCode = found.length > 0 ? 1 : 0;

function look(node, file) {
  if (isDropped(node)) {
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${relative('.', file.fileName)}:${line + 1}:${character + 1} a promise that nobody waits for: use an Action, or say what happens when it is refused`);
  }
  ts.forEachChild(node, child => look(child, file));
}

/** A promise as a statement, behind `void`, or given back where nothing is expected. */
function isDropped(node) {
  if (ts.isExpressionStatement(node)) return isOpen(node.expression);
  if (ts.isVoidExpression(node)) return isOpen(node.expression) && !isExcused(node);
  if (!ts.isExpression(node) || !ts.isFunctionLike(node)) return false;
  const wanted = types.getContextualType(node)?.getCallSignatures() ?? [];
  if (wanted.length === 0 || !wanted.every(each => each.getReturnType().flags & ts.TypeFlags.Void)) return false;
  const given = types.getSignatureFromDeclaration(node);
  if (!given || !isPromise(given.getReturnType())) return false;
  return ts.isBlock(node.body) || isOpen(node.body);
}

/** Where the reason stands beside it. */
function isExcused(node) {
  const text = node.getSourceFile().text;
  const end = text.indexOf('\n', node.getEnd());
  return text.slice(node.getEnd(), end).includes('// cannot be refused');
}

function isOpen(expression) {
  if (ts.isBinaryExpression(expression)) return false; // kept for somebody
  const type = types.getTypeAtLocation(expression);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(isPromise) && !isCaught(expression);
}

/** `promise.then(done, refused)` or `promise.catch(refused)`. */
function isCaught(node) {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name } = node.expression;
  return (name.text === 'then' && node.arguments.length === 2) || (name.text === 'catch' && node.arguments.length === 1);
}

function isPromise(type) {
  return type.symbol?.name === 'Promise' || type.symbol?.name === 'PromiseLike';
}

function fail(problem) {
  throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
}
