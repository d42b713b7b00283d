import { toBytes, toText } from '../../core/index.js';
import { Interpreter, jsonOf, textOf, type FieldSource, type Getter } from '../../engine/index.js';
import type { LiveEvent } from '../../identity/index.js';
import {
  allFields,
  findField,
  type FieldDef,
  type FieldUse,
  type FieldValue,
} from '../../lang/index.js';
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

/**
 * Of the rest, what is left out: times in other spellings, what depends on how often it is asked, environments, which hold
 * secrets, and the arguments of all ancestors in one.
 */
const LEFT_OUT = /^evt\.(time|datetime|reltime|deltatime|count|rawtime\.)|^proc\.(a?env|aargs)$/;

/** Every field with a value of its own, as a rule may ask for it. */
function wholeOf(): FieldDef[] {
  return allFields().filter(
    ({ name, availability, arg, hidden, deprecated, printOnly, filterOnly }) =>
      availability === 'live' &&
      arg !== 'required' &&
      !(hidden || deprecated || printOnly || filterOnly) &&
      !LEFT_OUT.test(name),
  );
}

/** Events are posted to the delivery thread in packets of at most this many, or after this time. */
const PACKET = 256;
const PACKET_MS = 50;
/** More than this a second are counted, not shown: no terminal reads faster, and the sensor thread has other work. */
const MAX_PER_SECOND = 20_000;

/** Formats events for `saker events`; made while somebody watches, thrown away after. A capture's are shown without limit. */
export class LiveEvents {
  readonly #shown: readonly Shown[];
  /** What JSON has besides; nothing where nobody asked for it. */
  readonly #besides: readonly Shown[];
  readonly #holds: (event: LiveEvent) => boolean;
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
    this.#send = send;
    this.#perSecond = perSecond;
    const show = (text: string): Shown[] => {
      const [name, arg] = text.startsWith('evt.arg.') ? ['evt.arg', text.slice(8)] : [text, null];
      const def = findField(name);
      if (!def) return [];
      const use = { def, arg, text };
      return [{ use, get: source.getter(use) }];
    };
    this.#shown = SHOWN.flatMap(show);
    const shown: readonly string[] = SHOWN;
    const besides = filter.whole === true ? wholeOf().map(({ name }) => name) : [];
    this.#besides = besides.filter((name) => !shown.includes(name)).flatMap(show);
    this.#holds = holdsOf(source, filter);
  }

  take(event: LiveEvent): void {
    if (!this.#holds(event)) return;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#budget = this.#perSecond;
    }
    if (this.#budget-- <= 0) this.#dropped++;
    else this.#packet.push(this.#item(event));
    if (this.#packet.length >= PACKET) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, PACKET_MS);
  }

  #item(event: LiveEvent): LiveEventItem {
    const texts: Record<string, string> = {};
    const json: string[] = [];
    const put = (use: FieldUse, value: FieldValue): void => {
      json.push(`${JSON.stringify(use.text)}:${jsonOfEach(use, value)}`);
    };
    for (const { use, get } of this.#shown) {
      const value = get(event);
      if (value === null) continue;
      texts[use.text] = toText(textOf(use, value));
      put(use, value);
    }
    for (const { use, get } of this.#besides) {
      const value = get(event);
      if (value !== null) put(use, value);
    }
    return { line: line(texts), json: `{${json.join(',')}}` };
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#packet.length === 0 && this.#dropped === 0) return;
    this.#send(this.#packet, this.#dropped);
    this.#packet = [];
    this.#dropped = 0;
  }
}

interface Shown {
  readonly use: FieldUse;
  readonly get: Getter<LiveEvent>;
}

/** Whether an event is wanted; what costs least is asked first. */
function holdsOf(
  source: FieldSource<LiveEvent>,
  { exe, types, pid, condition }: EventFilter,
): (event: LiveEvent) => boolean {
  const field = (name: string): Getter<LiveEvent> =>
    source.getter({ def: findField(name)!, arg: null, text: name });
  const tests: ((event: LiveEvent) => boolean)[] = [];
  if (pid !== undefined) {
    const get = field('proc.pid');
    tests.push((event) => get(event) === pid);
  }
  if (types !== undefined) {
    const get = field('evt.type');
    tests.push((event) => types.includes(String(get(event))));
  }
  if (exe !== undefined) {
    const get = field('proc.exepath');
    const bytes = toBytes(exe);
    tests.push((event) => get(event) === bytes);
  }
  if (condition !== undefined) {
    const interpreter = new Interpreter(source);
    tests.push((event) => interpreter.testMacrosOnce(condition, event));
  }
  return (event) => tests.every((test) => test(event));
}

/** Lists as lists, ancestors too, and every number in decimal: an event file is written so. */
function jsonOfEach(use: FieldUse, value: FieldValue): string {
  if (use.def.name === 'fd.dev') return String(value);
  if (!Array.isArray(value)) return jsonOf(use, value, toText);
  const items = value as readonly (string | number | bigint)[];
  return `[${items.map((item) => jsonOf(use, item, toText)).join(',')}]`;
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
