import { type ReactElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Host } from './api/host';
import type { Ref } from './api/memory';
import { type FlowProps, FlowView } from './flow/FlowView';
import flowStyle from './flow/style';
import { keepFocus } from './live/keepFocus';
import { EntryView } from './memory/EntryView';
import memoryStyle from './memory/memory.css';
import { MemoryPanel } from './memory/MemoryPanel';
import { RunsPanel } from './panels/RunsPanel';
import peopleStyle from './people/people.css';
import style from './style.css';
import triggersStyle from './triggers/triggers.css';
import { TriggersPanel } from './triggers/TriggersPanel';

/** What can be mounted, by name, with what each needs. */
export interface Views {
  runs: { host: Host };
  triggers: { host: Host };
  /** `onOpen` shows an entry in a place of its own; without one it stands beside the tree. */
  memory: { host: Host; onOpen?(ref: Ref, at: string | null): void };
  memoryEntry: { host: Host; entry: Ref; at: string | null; onOpen(ref: Ref, at: string | null): void };
  flow: FlowProps;
}

export type MountProps = { [Name in keyof Views]: { view: Name } & Views[Name] }[keyof Views];

/** Takes the view away again; `update` shows it with other props instead. */
export interface Unmount {
  (): void;
  update(props: MountProps): void;
}

/** Show a view in an element of any page. */
export function mount(element: HTMLElement, props: MountProps): Unmount {
  addStyle(element);
  element.classList.add('pai-root');
  const root = createRoot(element);
  const show = (next: MountProps): void => {
    root.render(
      <StrictMode>
        {viewOf(next)}
      </StrictMode>
    );
  };
  show(props);
  const letGo = keepFocus(element);
  const unmount = (): void => {
    letGo();
    root.unmount();
  };
  return Object.assign(unmount, { update: show });
}

function viewOf(props: MountProps): ReactElement {
  switch (props.view) {
    case 'flow':
      return <FlowView {...props} />;
    case 'runs':
      return <RunsPanel host={props.host} />;
    case 'memory':
      return <MemoryPanel host={props.host} onOpen={props.onOpen} />;
    case 'memoryEntry':
      return <EntryView {...props} />;
    case 'triggers':
      return <TriggersPanel host={props.host} />;
  }
}

const STYLE_ID = 'pai-style';

/** Once a page, or once a shadow root where the host uses one. */
function addStyle(element: HTMLElement): void {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`#${STYLE_ID}`)) return;
  const sheet = document.createElement('style');
  sheet.id = STYLE_ID;
  sheet.textContent = style + flowStyle + peopleStyle + triggersStyle + memoryStyle;
  home.append(sheet);
}

export type { Host } from './api/host';
export type { KernelLink } from './flow/FlowView';
