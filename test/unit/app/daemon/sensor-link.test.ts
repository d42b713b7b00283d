import { SensorLink } from '../../../../sensor/app/daemon/sensor-link.js';
import type { RulesMessage } from '../../../../sensor/app/messages.js';
import type { SensorOptions } from '../../../../sensor/app/sensor/sensor.js';
import type { SakerError } from '../../../../sensor/core/index.js';
import { until } from '../../sinks/support.js';

/** A thread that speaks as the sensor's does, and does with each kind of message what `body` says. */
const thread = (body: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(
      `import { parentPort as port } from 'node:worker_threads';
       const post = (message) => port.postMessage(message);
       const take = ${body};
       port.on('message', (message) => {
         if (message.kind === 'stop') { post({ kind: 'stopped' }); port.close(); }
         else take(message, post);
       });
       take({ kind: 'begin' }, post);`,
    )}`,
  );

function link(
  body: string,
  answerMs = 5000,
): { link: SensorLink; ends: SakerError[]; close: () => Promise<void> } {
  const ends: SakerError[] = [];
  const made = new SensorLink({} as SensorOptions, (error) => ends.push(error), {
    thread: thread(body),
    answerMs,
  });
  return { link: made, ends, close: () => made.stop() };
}

const rules = (generation: number): RulesMessage => ({
  kind: 'rules',
  rules: [],
  generation,
  matching: 'first',
});

describe('the link to the sensor thread', () => {
  it('gives each asker the answer to its question, whatever order they come in', async () => {
    const { link: sensor, close } = link(`(() => {
      const asked = [];
      return (message, post) => {
        if (message.kind === 'begin') post({ kind: 'watching', report: { events: ['e'] } });
        if (message.kind === 'status' && asked.push(message.id) === 3)
          for (const id of asked.reverse()) post({ kind: 'status', id, status: { generation: id } });
      };
    })()`);
    expect(await sensor.watching()).toEqual({ events: ['e'] });
    const ids = await Promise.all([sensor.status(), sensor.status(), sensor.status()]);
    const numbers = ids.map(({ generation }) => generation);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(3);
    await close();
    await close();
  });

  it('says that rules are in force, or why the thread refused them', async () => {
    const { link: sensor, close } = link(`({ kind, generation }, post) => {
      if (kind !== 'rules') return;
      if (generation === 1) post({ kind: 'rules-in-force', generation });
      else post({ kind: 'rules-refused', generation, error: { code: 'X', message: 'no', hint: 'do' } });
    }`);
    await sensor.setRules(rules(1));
    await expect(sensor.setRules(rules(2))).rejects.toMatchObject({ code: 'X', hint: 'do' });
    await close();
  });

  it('sends live events to the watcher they are for, and tells the thread who comes and goes', async () => {
    const { link: sensor, close } = link(`(() => {
      const here = new Map();
      return (message, post) => {
        if (message.kind === 'status') post({ kind: 'status', id: message.id, status: { here: [...here.values()] } });
        if (message.kind !== 'events') return;
        if (message.filter) here.set(message.watcher, message.filter); else here.delete(message.watcher);
        for (const [watcher, filter] of here)
          post({ kind: 'events', watcher, items: [{ line: String(filter.pid), json: '{}' }], dropped: 0 });
      };
    })()`);
    const got: Record<string, string[]> = { one: [], two: [] };
    const take = (name: string) => (items: readonly { line: string }[]) =>
      void got[name]!.push(...items.map(({ line }) => line));
    const stopOne = sensor.watchEvents({ pid: 1 }, take('one'));
    const stopTwo = sensor.watchEvents({ pid: 2 }, take('two'));
    await until(() => got['two']!.length > 0);
    expect([new Set(got['one']), new Set(got['two'])]).toEqual([new Set(['1']), new Set(['2'])]);
    stopOne();
    stopOne();
    expect(await sensor.status()).toEqual({ here: [{ pid: 2 }] });
    stopTwo();
    expect(await sensor.status()).toEqual({ here: [] });
    await close();
  });

  it('takes a thread that does not answer for hung, and says so', async () => {
    const { link: sensor, ends, close } = link('() => {}', 50);
    await expect(sensor.status()).rejects.toMatchObject({ code: 'SENSOR_SILENT' });
    expect(ends).toEqual([]);
    await close();
  });

  it('tells everybody who waits when it dies, and its owner once', async () => {
    const { link: sensor, ends } = link(
      `({ kind }) => { if (kind === 'status') throw new Error('boom'); }`,
    );
    const waiting = [sensor.status(), sensor.setRules(rules(1))];
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'SENSOR_THREAD' });
    await until(() => ends.length > 0);
    await sensor.stop();
    expect(ends.map(({ message }) => message)).toEqual([expect.stringContaining('boom')]);
  });

  it('hands over the reason when the thread cannot begin, to whoever waits for it alone', async () => {
    const {
      link: sensor,
      ends,
      close,
    } = link(`({ kind }, post) => {
      if (kind === 'begin') post({ kind: 'failed', error: { code: 'NO_BTF', message: 'no types' } });
    }`);
    await expect(sensor.watching()).rejects.toMatchObject({ code: 'NO_BTF', message: 'no types' });
    expect(ends).toEqual([]);
    await close();
  });

  it('ends a wait when it is told to stop', async () => {
    const { link: sensor, ends, close } = link('() => {}');
    const waiting = sensor.status();
    waiting.catch(() => undefined);
    await close();
    await expect(waiting).rejects.toMatchObject({ code: 'SENSOR_STOPPED' });
    expect(ends).toEqual([]);
  });
});
