import type { ISessionContext } from '@jupyterlab/apputils';
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import type { Json, KernelLink } from './bundle';

/** What a widget in the kernel shows; it may change there, and in every tab that looks at it. */
export interface WidgetState {
  graph?: Json;
  run_id?: string | null;
}

interface Problem {
  code: string;
  message: string;
  remedy: string;
}

interface Answer {
  type?: string;
  id?: string;
  run_id?: string;
  html?: string;
  error?: Problem;
}

interface Asked {
  resolve(answer: Answer): void;
  reject(problem: Problem): void;
}

/** Only what is read here of what a widget sends over its comm. */
interface Said {
  method?: string;
  state?: WidgetState;
  content?: Answer;
}

const TARGET = 'jupyter.widget';
const DEAD: ReadonlySet<Kernel.Status> = new Set([
  'dead', 'restarting', 'autorestarting', 'terminating', 'starting'
]);
const GONE: Problem = {
  code: 'kernel_gone',
  message: 'The kernel that drew this flow is gone.',
  remedy: 'Run the cell again.'
};

/** The flow's widget in the kernel, by its id. It is there or not; what is shown lives without it. */
export class WidgetLink implements KernelLink {
  constructor(
    private readonly session: ISessionContext,
    private readonly modelId: string,
    private readonly onState: (state: WidgetState) => void
  ) {
    session.kernelChanged.connect(this.look, this);
    session.statusChanged.connect(this.notice, this);
    session.iopubMessage.connect(this.hear, this);
    this.look();
  }

  dispose(): void {
    this.session.kernelChanged.disconnect(this.look, this);
    this.session.statusChanged.disconnect(this.notice, this);
    this.session.iopubMessage.disconnect(this.hear, this);
    this.giveUp();
    this.listeners.clear();
  }

  // The view hands these on without their object.
  readonly isAlive = (): boolean => this.isKnown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Whether a run was asked for here, and has not been answered. */
  get isAsking(): boolean {
    return this.running > 0;
  }

  readonly run = async (inputs: Json, values: Json): Promise<{ run_id: string }> => {
    this.running++;
    try {
      const { run_id } = await this.ask({ type: 'run', inputs, values });
      if (!run_id) throw GONE;
      return { run_id };
    } finally {
      this.running--;
    }
  };

  /** The picture of a run as it is now, to be saved for whoever only reads the notebook. */
  async picture(runId: string): Promise<string | undefined> {
    return (await this.ask({ type: 'picture', run_id: runId })).html;
  }

  /** It answers when it has time. */
  private ask(message: { [name: string]: Json }): Promise<Answer> {
    const kernel = this.session.session?.kernel;
    if (!kernel || !this.isKnown) return Promise.reject(GONE);
    const id = `${kernel.clientId}.${++this.count}`;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      const data = { method: 'custom', content: { ...message, id } };
      kernel.sendShellMessage(
        KernelMessage.createMessage<KernelMessage.ICommMsgMsg<'shell'>>({
          msgType: 'comm_msg',
          channel: 'shell',
          username: kernel.username,
          session: kernel.clientId,
          content: { comm_id: this.modelId, data: data as never }
        }),
        false
      );
    });
  }

  /** Ask the kernel whether it has the widget. */
  private look(): void {
    const kernel = this.session.session?.kernel;
    this.set(false);
    this.giveUp(); // another kernel does not answer what this one was asked
    if (!kernel || DEAD.has(kernel.status)) return;
    const turn = ++this.turn;
    kernel.requestCommInfo({ target_name: TARGET }).then(
      reply => {
        if (turn !== this.turn || reply.content.status !== 'ok') return;
        this.set(this.modelId in reply.content.comms);
      },
      () => undefined // the kernel went away before it could answer, which is told elsewhere
    );
  }

  private notice(_: ISessionContext, status: Kernel.Status): void {
    if (DEAD.has(status)) {
      this.turn++;
      this.set(false);
      this.giveUp();
    }
  }

  private hear(_: ISessionContext, message: KernelMessage.IMessage): void {
    if (KernelMessage.isCommOpenMsg(message) && message.content.comm_id === this.modelId) {
      this.set(true);
    } else if (KernelMessage.isCommCloseMsg(message) && message.content.comm_id === this.modelId) {
      this.set(false);
      this.giveUp();
    } else if (KernelMessage.isCommMsgMsg(message) && message.content.comm_id === this.modelId) {
      this.take(message.content.data as unknown as Said);
    }
  }

  private take({ method, state, content }: Said): void {
    if (method === 'update' && state) this.onState(state);
    const asked = content?.id ? this.asked.get(content.id) : undefined;
    if (!asked || !content?.id) return;
    this.asked.delete(content.id);
    if (content.error) asked.reject(content.error);
    else asked.resolve(content);
  }

  private set(isKnown: boolean): void {
    if (isKnown === this.isKnown) return;
    this.isKnown = isKnown;
    for (const listener of this.listeners) listener();
  }

  private giveUp(): void {
    for (const { reject } of this.asked.values()) reject(GONE);
    this.asked.clear();
  }

  private isKnown = false;
  private turn = 0;
  private count = 0;
  private running = 0;
  private readonly asked = new Map<string, Asked>();
  private readonly listeners = new Set<() => void>();
}
