import { toText } from '../../core/index.js';
import { jsonOf, textOf, type FieldSource, type Getter } from '../../engine/index.js';
import type { LiveEvent } from '../../identity/index.js';
import { findField, type FieldUse } from '../../lang/index.js';
import type { EventFilter, LiveEventItem } from '../messages.js';

/** What `saker events` shows of an event, where it has a value. */
const SHOWN = [
  'evt.num',
  'evt.rawtime',
  'evt.type',
  'evt.res',
  'evt.rawres',
  'evt.arg.flags',
  'fd.num',
  'fd.typechar',
  'fd.name',
  'fd.realpath',
  'fd.l4proto',
  'fd.sip',
  'fd.sport',
  'proc.name',
  'proc.exepath',
  'proc.cmdline',
  'proc.pid',
  'proc.ppid',
  'proc.pname',
  'proc.cwd',
  'proc.tty',
  'thread.tid',
  'user.uid',
  'user.name',
  'container.id',
  'k8s.pod.uid',
] as const;

/** Events are posted to the delivery thread in packets of at most this many, or after this time. */
const PACKET = 256;
const PACKET_MS = 50;
/** More than this a second are counted, not shown: no terminal reads faster, and the sensor thread has other work. */
const MAX_PER_SECOND = 20_000;

/** Formats events for `saker events`; made while somebody watches, thrown away after. A capture's are shown without limit. */
export class LiveEvents {
  readonly #shown: readonly { readonly use: FieldUse; readonly get: Getter<LiveEvent> }[];
  readonly #filter: EventFilter;
  readonly #send: (items: readonly LiveEventItem[], dropped: number) => void;
  readonly #perSecond: number;
  #packet: LiveEventItem[] = [];
  #dropped = 0;
  #budget = 0;
  #second = -1;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    source: FieldSource<LiveEvent>,
    filter: EventFilter,
    send: (items: readonly LiveEventItem[], dropped: number) => void,
    perSecond = MAX_PER_SECOND,
  ) {
    this.#filter = filter;
    this.#send = send;
    this.#perSecond = perSecond;
    this.#shown = SHOWN.flatMap((text) => {
      const [name, arg] = text.startsWith('evt.arg.') ? ['evt.arg', text.slice(8)] : [text, null];
      const def = findField(name);
      if (!def) return [];
      const use = { def, arg, text };
      return [{ use, get: source.getter(use) }];
    });
  }

  take(event: LiveEvent): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#budget = this.#perSecond;
    }
    const texts: Record<string, string> = {};
    const json: string[] = [];
    for (const { use, get } of this.#shown) {
      const value = get(event);
      if (value === null) continue;
      texts[use.text] = toText(textOf(use, value));
      json.push(`${JSON.stringify(use.text)}:${jsonOf(use, value, toText)}`);
    }
    if (!this.#wanted(texts)) return;
    if (this.#budget-- <= 0) this.#dropped++;
    else this.#packet.push({ line: line(texts), json: `{${json.join(',')}}` });
    if (this.#packet.length >= PACKET) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, PACKET_MS);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#packet.length === 0 && this.#dropped === 0) return;
    this.#send(this.#packet, this.#dropped);
    this.#packet = [];
    this.#dropped = 0;
  }

  #wanted(texts: Readonly<Record<string, string>>): boolean {
    const { exe, types, pid } = this.#filter;
    return (
      (exe === undefined || texts['proc.exepath'] === exe) &&
      (types === undefined || types.includes(texts['evt.type'] ?? '')) &&
      (pid === undefined || texts['proc.pid'] === String(pid))
    );
  }
}

/** One line: time, type, who, what, how it ended. */
function line(texts: Readonly<Record<string, string>>): string {
  const text = (name: string): string => texts[name] ?? '';
  const millis = Number(BigInt(texts['evt.rawtime'] ?? 0) / 1_000_000n);
  const time = new Date(millis).toISOString().slice(11, 23);
  const what =
    text('evt.type') === 'execve' ? text('proc.cmdline') : text('fd.name') || text('fd.realpath');
  const result = texts['evt.res'] === undefined ? '' : ` res=${text('evt.res')}`;
  const where = text('container.id') === 'host' ? '' : ` container=${text('container.id')}`;
  return `${time} ${text('evt.type').padEnd(9)} ${text('proc.name')}(${text('proc.pid')}) uid=${text('user.uid')} ${what}${result}${where}`;
}
