// Which editor a type gets, and what a person's text means. Pure, so that it can be tested.

import type { Json } from '../contracts/events';
import type { JsonSchema } from '../contracts/graph';

export type Editor = 'text' | 'long' | 'number' | 'boolean' | 'choice' | 'json';

export type Meant = { value: Json } | { problem: string };

/** A text that is longer, or has more lines than one, gets an area of its own. */
const ONE_LINE = 60;

export function editorFor(schema: JsonSchema, value: Json): Editor {
  const type = plain(schema);
  if (choicesOf(type).length > 0) return 'choice';
  switch (type['type'] ?? kindOf(value)) {
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return typeof value === 'string' && (value.length > ONE_LINE || value.includes('\n')) ? 'long' : 'text';
    default:
      return 'json';
  }
}

/** What may be left empty, without the emptiness: `number or nothing` is edited as a number. */
export function plain(schema: JsonSchema): JsonSchema {
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  if (!Array.isArray(choices)) return schema;
  const real = choices.filter(choice => choice['type'] !== 'null');
  return real.length === 1 ? { ...(real[0] as JsonSchema) } : {};
}

export function mayBeNull(schema: JsonSchema): boolean {
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  return Array.isArray(choices) && choices.some(choice => choice['type'] === 'null');
}

export function choicesOf(schema: JsonSchema): readonly Json[] {
  const values = schema['enum'];
  return Array.isArray(values) ? values : [];
}

function kindOf(value: Json): string {
  return value === null || typeof value === 'object' ? 'json' : typeof value;
}

/** What an editor shows of a value. */
export function textOf(editor: Editor, value: Json): string {
  if (value === null) return editor === 'json' ? 'null' : '';
  if (editor === 'json') return JSON.stringify(value, null, 2);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a person's text means, or why it means nothing. */
export function meaning(editor: Editor, text: string, schema: JsonSchema): Meant {
  const isEmpty = text.trim() === '';
  if (isEmpty && editor !== 'text' && editor !== 'long' && mayBeNull(schema)) return { value: null };
  switch (editor) {
    case 'number':
      return isEmpty ? { problem: 'A number is needed here.' } : numberIn(text, plain(schema));
    case 'boolean':
      return { value: text === 'true' };
    case 'choice':
      return { value: choicesOf(plain(schema)).find(choice => textOf('choice', choice) === text) ?? text };
    case 'json':
      return jsonIn(text);
    default:
      return { value: text };
  }
}

function numberIn(text: string, schema: JsonSchema): Meant {
  const value = Number(text.trim().replace(',', '.'));
  if (!Number.isFinite(value)) return { problem: `“${text.trim()}” is not a number.` };
  if (schema['type'] === 'integer' && !Number.isInteger(value)) return { problem: 'A whole number is needed here.' };
  const { minimum, maximum } = schema;
  if (typeof minimum === 'number' && value < minimum) return { problem: `At least ${minimum}.` };
  if (typeof maximum === 'number' && value > maximum) return { problem: `At most ${maximum}.` };
  return { value };
}

function jsonIn(text: string): Meant {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { problem: `Not JSON yet: ${error instanceof Error ? error.message : String(error)}` };
  }
}
