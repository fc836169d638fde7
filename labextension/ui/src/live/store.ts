import { useCallback, useSyncExternalStore } from 'react';

/** A value that changes as a whole, and those who want to know. */
export class Store<T> {
  private readonly listeners = new Set<() => void>();

  private value: T;

  constructor(value: T) {
    this.value = value;
  }

  readonly get = (): T => this.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }
}

/**
 * A part of a store's value; the component renders again only when this part is another one.
 * `select` must give the same thing for the same value.
 */
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S {
  const part = useCallback(() => select(store.get()), [store, select]);
  return useSyncExternalStore(store.subscribe, part, part);
}
