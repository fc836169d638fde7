import { type RefObject, useLayoutEffect, useState } from 'react';

/** What opens over something else and is closed again: the focus returns to what had it before. */
export function useReturn(root: RefObject<HTMLElement | null>): void {
  const [from] = useState(() => active(document));
  useLayoutEffect(
    () => () => {
      // Still in the page, for the last time.
      if (root.current?.contains(active(root.current.getRootNode() as Document | ShadowRoot)) && from?.isConnected) from.focus();
    },
    []
  );
}

function active({ activeElement }: DocumentOrShadowRoot): HTMLElement | null {
  return activeElement?.shadowRoot ? active(activeElement.shadowRoot) : (activeElement as HTMLElement | null);
}
