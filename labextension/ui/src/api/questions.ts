import type { Json } from '../contracts/events';
import type { GraphInput } from '../contracts/graph';
import { fetchJson, type Host } from './host';
import { graphOfRun } from './runs';

const API = 'persistentai/api/v1';

/** What a person says. */
export interface Reply {
  /** A choice; for questions in one's own words, the value. */
  answer: Json;
  /** To approve with other inputs: those that are changed. */
  inputs?: Inputs;
  /** To take an interrupted step as done: what it would have returned. */
  outputs?: Inputs;
  reason?: string;
  /** Where it is said. */
  via?: string;
}

export interface Inputs {
  readonly [port: string]: Json;
}

/** A question that waits for somebody, with the run that asks. */
export interface OpenQuestion {
  readonly id: string;
  readonly run_id: string;
  readonly flow: string;
  readonly node: string;
  readonly text: string;
  readonly kind: string;
  readonly asked: readonly string[];
  readonly asked_at: string;
  readonly due: string | null;
}

export async function openQuestions(host: Host): Promise<OpenQuestion[]> {
  return (await fetchJson<{ questions: OpenQuestion[] }>(host, `${API}/questions?limit=200`)).questions;
}

/** Refused with 409 when somebody else was first. */
export async function answerQuestion(host: Host, runId: string, questionId: string, reply: Reply): Promise<void> {
  const [run, question] = [runId, questionId].map(encodeURIComponent);
  await fetchJson(host, `${API}/runs/${run}/questions/${question}/answer`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(reply)
  });
}

/** An input that can be changed before it is approved. */
export interface Editable {
  readonly name: string;
  readonly schema: GraphInput['schema'];
  readonly value: Json;
}

interface Recorded {
  readonly questions: readonly { readonly id: string; readonly inputs: { readonly [port: string]: { readonly json?: Json } } | null }[];
}

/** What exactly would be done, with the types of its ports; what is no JSON can't be typed in. */
export async function editablesOf(host: Host, runId: string, questionId: string, node: string): Promise<Editable[]> {
  const [run, graph] = await Promise.all([
    fetchJson<Recorded>(host, `${API}/runs/${encodeURIComponent(runId)}`),
    graphOfRun(host, runId)
  ]);
  const inputs = run.questions.find(each => each.id === questionId)?.inputs ?? {};
  const ports = graph.nodes.find(each => each.id === node)?.inputs ?? [];
  return Object.entries(inputs).flatMap(([name, { json }]) => {
    if (json === undefined) return [];
    const schema = ports.find(port => port.name === name)?.schema ?? {};
    return [{ name, schema, value: json }];
  });
}
