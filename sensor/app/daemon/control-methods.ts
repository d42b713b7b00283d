import { SakerError } from '../../core/index.js';
import { compileCondition, type Condition } from '../../lang/index.js';
import type { Method, Stream } from '../control/index.js';
import type { EventFilter } from '../messages.js';
import type { Daemon } from './daemon.js';
import { recordStream, type RunningCaptures } from './record-stream.js';
import { statusOf } from './status.js';

/** What the control socket answers. */
export function controlMethods(
  daemon: Daemon,
  captures: RunningCaptures,
): Readonly<Record<string, Method>> {
  return {
    status: () => statusOf(daemon),
    'net.off': () => {
      daemon.enforcement?.off();
      return {
        message: 'nothing is blocked any more; `saker rules reload` puts blocks in force again',
      };
    },
    'record.stop': ({ capture }) => {
      captures.get(Number(capture))?.();
      return {};
    },
    'rules.reload': () => daemon.reloadRules(),
    'config.reload': () => daemon.reload(),
    'rules.list': () =>
      (daemon.rules.current?.ruleSet.rules ?? []).map(
        ({ name, priority, enabled, tags, file, line }) => ({
          name,
          priority,
          enabled,
          tags,
          file,
          line,
        }),
      ),
  };
}

/** What the control socket streams. */
export function controlStreams(
  daemon: Daemon,
  captures: RunningCaptures,
): Readonly<Record<string, Stream>> {
  return {
    record: recordStream(daemon, captures),
    events: (params, send) => {
      let dropped = 0;
      return daemon.link.watchEvents(asFilter(params), (items, lost) => {
        dropped += lost;
        for (const item of items) {
          if (dropped > 0 && send({ dropped })) dropped = 0;
          if (!send(item)) dropped++;
        }
      });
    },
  };
}

function asFilter(params: Readonly<Record<string, unknown>>): EventFilter {
  const { exe, types, pid, filter, whole } = params;
  return {
    ...(typeof exe === 'string' ? { exe } : {}),
    ...(Array.isArray(types) ? { types: types.map(String) } : {}),
    ...(typeof pid === 'number' ? { pid } : {}),
    ...(typeof filter === 'string' ? { condition: conditionOf(filter) } : {}),
    ...(whole === true ? { whole } : {}),
  };
}

/** The command line has checked it, by its own version. @throws SakerError `BAD_REQUEST` */
function conditionOf(text: string): Condition {
  const compiled = compileCondition(text);
  if (compiled.ok) return compiled.condition;
  throw new SakerError('BAD_REQUEST', compiled.diagnostics[0]?.message ?? 'a faulty condition');
}
