import type { Json } from '../contracts/events';
import type { Layer } from '../api/memory';

export const TITLES: Record<Layer, string> = {
  feed: 'Feeds',
  files: 'Files',
  records: 'Records',
  history: 'History',
  knowledge: 'Knowledge'
};

/** What an empty layer is for, and the line that puts something in. */
export const LESSONS: Record<Layer, { readonly says: string; readonly code: string }> = {
  feed: {
    says: 'Feeds keep what is said and done, in order, for good: of a room, of a session, of an agent.',
    code: 'pai.memory.feed.append("room/support", {"text": "Hello"})'
  },
  files: {
    says: 'Files keep documents and data, with every version they ever had.',
    code: 'pai.memory.files.write("notes/today.md", "# Today")'
  },
  records: {
    says: 'Records keep values by key, and documents with their revisions.',
    code: 'pai.memory.records.put("settings/theme", "dark")'
  },
  history: {
    says: 'History is what runs did: each step with what went in and what came out.',
    code: 'run = report.run()'
  },
  knowledge: {
    says: 'Knowledge keeps facts and texts, each with its source, to be recalled by what they mean.',
    code: 'pai.memory.knowledge.remember("Ada prefers tea.")'
  }
};

/** `29 Nov, 14:02:07`, in the reader’s own clock. */
export function momentWords(at: string): string {
  return new Date(at).toLocaleString(undefined, {
    day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false
  });
}

export function jsonText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
