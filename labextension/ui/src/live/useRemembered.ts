import { useCallback, useState } from 'react';

/** A state that is still there after the page was closed; of this browser only, and never a secret. */
export function useRemembered<T>(name: string, initial: T): [T, (next: T) => void] {
  const key = `persistentai:${name}`;
  const [value, setValue] = useState<T>(() => read(key, initial));
  const keep = useCallback(
    (next: T) => {
      setValue(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // A browser that keeps nothing forgets it with the page.
      }
    },
    [key]
  );
  return [value, keep];
}

function read<T>(key: string, initial: T): T {
  try {
    const text = localStorage.getItem(key);
    return text === null ? initial : (JSON.parse(text) as T);
  } catch {
    return initial;
  }
}
