import { Component, type ReactNode } from 'react';
import { Notice } from './Notice';

interface State {
  error: Error | null;
}

/** A fault of ours in a part of the page says so there, and leaves the rest alone. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Notice
        title="This view stopped"
        kind="error"
        action={{ label: 'Try again', onClick: () => this.setState({ error: null }) }}
      >
        <p>A fault of ours, not of the flow: {error.message}</p>
        <p className="pai-quiet">The run is not touched by it, and goes on.</p>
      </Notice>
    );
  }
}
