import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Host } from './api/host';
import { RunsPanel } from './panels/RunsPanel';
import style from './style.css';

/** What can be mounted, by name, with what each needs. */
export interface Views {
  runs: { host: Host };
}

export type MountProps = { [Name in keyof Views]: { view: Name } & Views[Name] }[keyof Views];

/** Show a view in an element of any page; the result takes it away again. */
export function mount(element: HTMLElement, props: MountProps): () => void {
  addStyle(element);
  element.classList.add('pai-root');
  const root = createRoot(element);
  root.render(
    <StrictMode>
      <RunsPanel host={props.host} />
    </StrictMode>
  );
  return () => root.unmount();
}

const STYLE_ID = 'pai-style';

/** Once a page, or once a shadow root where the host uses one. */
function addStyle(element: HTMLElement): void {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`#${STYLE_ID}`)) return;
  const sheet = document.createElement('style');
  sheet.id = STYLE_ID;
  sheet.textContent = style;
  home.append(sheet);
}

export type { Host } from './api/host';
