import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  createLogger,
  makeFolder,
  packageVersion,
  SakerError,
  type ConfigurableLogger,
  type Logger,
} from '../../core/index.js';
import { checkActions, Enforcement, pinDirOf, releaseAllKept } from '../../enforce/index.js';
import { containerGroups } from '../../identity/index.js';
import { cgroupScope, requireAll } from '../../kernel/index.js';
import { useLinearRegex, type Rule } from '../../lang/index.js';
import { lockDir, SpoolShared, type DirLock } from '../../spool/index.js';
import { DeadLetters, Delivery, type SinkChanges } from '../../sinks/index.js';
import { makeCaptureDir } from '../capture/rule-files.js';
import { CAPTURED_EVENTS } from '../captured-events.js';
import { checkBlockRule, refuseBlockRule } from '../check-action.js';
import type { Config } from '../config/index.js';
import { ControlServer } from '../control/index.js';
import { socketPath } from '../paths.js';
import type { WatchingReport } from '../messages.js';
import { metricsOf } from './daemon-metrics.js';
import { controlMethods, controlStreams } from './control-methods.js';
import { guardsOf } from './guards.js';
import { MetricsExports } from './metrics-exports.js';
import { RuleManager, type LoadedRules, type RuleSource } from './rule-manager.js';
import { SensorLink } from './sensor-link.js';
import { closeNew, makeSinks, type OpenSink } from './make-sinks.js';
import { needsRestart, type ReadSettings, type Settings } from './settings.js';

/** How long sinks may deliver what is on disk when the sensor is told to end; the rest waits for the next start. */
const DRAIN_MS = 5_000;

/** Rules now in force. */
export interface RulesReloaded {
  readonly generation: number;
  readonly rules: number;
}

/** What a reload of everything did. */
export interface Reloaded extends RulesReloaded {
  readonly sinks: SinkChanges;
  /** Changed settings that are taken up at the next start only. */
  readonly needsRestart: readonly string[];
}

/**
 * The whole sensor: the delivery thread's side of it. `start` comes back when it watches; `ended` when it is over.
 */
export class Daemon {
  /** As at start; what a reload may change is asked of the part that it changes. */
  readonly config: Config;
  readonly logger: ConfigurableLogger;
  readonly rules: RuleManager;
  readonly startedAt = new Date();
  /** Resolves with the fault it ended of, or undefined when it was told to end. */
  readonly ended: Promise<SakerError | undefined>;
  readonly #end: (error: SakerError | undefined) => void;
  readonly #shared = new SpoolShared();
  readonly #read: ReadSettings;
  #lock: DirLock | null = null;
  #link: SensorLink | null = null;
  #delivery: Delivery | null = null;
  #sinks: readonly OpenSink[] = [];
  #control: ControlServer | null = null;
  readonly #metrics: MetricsExports;
  #spoolMaxBytes: number;
  /** Captures on demand. */
  readonly #captures = new Map<number, () => void>();
  #alive = false;
  #starting: Promise<void> = Promise.resolve();
  #report: WatchingReport | null = null;
  #enforcement: Enforcement | null = null;
  #closing: Promise<void> | null = null;
  /** Reloads come one after the other. */
  #reloading: Promise<unknown> = Promise.resolve();

  /** @throws ConfigError of what reads the settings. */
  constructor(read: ReadSettings) {
    const settings = read();
    const { config } = settings;
    this.config = config;
    this.#spoolMaxBytes = config.spool.maxBytes;
    this.#read = read;
    this.logger = createLogger(config.log);
    this.#metrics = new MetricsExports(metricsOf(this), this.logger);
    let end: (error: SakerError | undefined) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
    this.rules = new RuleManager(this.#ruleSource(settings), this.logger);
  }

  /** @throws SakerError of whatever stands in the way; nothing stays attached or open then. */
  async start(): Promise<void> {
    this.#starting = this.#start();
    try {
      await this.#starting;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { config, logger } = this;
    useLinearRegex();
    const { message, commit } = this.rules.load();
    requireAll();
    this.#lock = lockRunDir(config.runDir);
    if (config.capture !== null) makeCaptureDir(config.capture.pathPrefix);
    else warnOfCaptures(message.rules, logger);
    const host = this.#host;
    this.#link = new SensorLink(
      {
        log: config.log,
        cgroup: config.cgroup,
        hostRoot: config.hostRoot,
        hostname: host,
        staticFields: config.output.staticFields,
        spool: {
          dir: config.spool.dir,
          maxBytes: config.spool.maxBytes,
          shared: this.#shared.buffer,
        },
        rules: message,
        planFile: join(config.runDir, 'plan.json'),
        capture: config.capture,
        producer: `saker ${packageVersion()}`,
      },
      (error) => {
        this.#alive = false;
        logger.error(error.message, { code: error.code });
        this.#end(error);
      },
    );
    this.#report = await this.#link.watching();
    if (config.enforce.enabled) {
      this.#enforcement = await this.#makeEnforcement(this.#report);
      this.#enforcement.load(message.rules, message.generation);
    } else if (releaseAllKept(pinDirOf(config.runDir)) > 0) {
      logger.info('released blocks that an earlier sensor left in force: enforce.enabled is false');
    }
    commit();
    this.#sinks = await makeSinks(config, host, logger);
    this.#delivery = new Delivery({
      spoolDir: config.spool.dir,
      shared: this.#shared,
      sinks: this.#sinks,
      deadLetters: new DeadLetters(join(config.spool.dir, 'dead-letters')),
      logger,
    });
    this.#control = await ControlServer.listen(
      socketPath(config.runDir),
      null,
      controlMethods(this, this.#captures),
      controlStreams(this, this.#captures),
    );
    await this.#metrics.start(config.metrics, host);
    if (this.#closing) throw new SakerError('SENSOR_STOPPED', 'the sensor was told to end');
    this.#alive = true;
    logger.info('watching', {
      rules: message.rules.filter(({ enabled }) => enabled).length,
      scope: config.cgroup ?? 'host',
      socket: socketPath(config.runDir),
      startedInMs: Math.round(performance.now()),
    });
  }

  /** Reads the rule files again; in force when it resolves. On error the old set stays. @throws RulesError */
  reloadRules(): Promise<RulesReloaded> {
    return this.#inTurn(async () => {
      const reloaded = await this.#putInForce(this.rules.load());
      this.logger.info('rules reloaded', { ...reloaded });
      return reloaded;
    });
  }

  /**
   * Reads configuration and rules again; all of it is in force when it resolves. On any error everything stays as it was. Sinks
   * whose settings are the same go on undisturbed, changed ones continue where they were.
   *
   * @throws ConfigError, RulesError; SakerError of a sink that cannot be opened
   */
  reload(): Promise<Reloaded> {
    return this.#inTurn(async () => {
      const settings = this.#read();
      const { config } = settings;
      const rules = this.rules.load(this.#ruleSource(settings));
      const guards = await guardsOf(config, this.logger);
      const before = this.#sinks;
      const undo: (() => Promise<void>)[] = [];
      const prepare = async () => {
        const metrics = await this.#metrics.prepare(config.metrics.listen);
        undo.push(() => metrics.abort());
        const sinks = await makeSinks(config, this.#host, this.logger, before);
        undo.push(() => closeNew(sinks, before));
        const update = await this.#delivery!.update(sinks);
        undo.push(() => update.abort());
        return { metrics, sinks, update, inForce: await this.#putInForce(rules) };
      };
      const { metrics, sinks, update, inForce } = await prepare().catch(async (error: unknown) => {
        for (const step of undo.reverse()) await step();
        throw error;
      });
      this.#enforcement?.setGuards(guards);
      await update.commit();
      this.#sinks = sinks;
      await metrics.commit();
      this.logger.configure(config.log);
      this.#spoolMaxBytes = config.spool.maxBytes;
      this.link.configure({ log: config.log, spoolMaxBytes: config.spool.maxBytes });
      const { added, changed, removed } = update;
      const restart = needsRestart(this.config, config);
      const list = (names: readonly string[]) => names.join(' ') || undefined;
      this.logger.info('configuration reloaded', {
        ...inForce,
        sinksAdded: list(added),
        sinksChanged: list(changed),
        sinksRemoved: list(removed),
      });
      if (restart.length > 0) {
        this.logger.warn('some changed settings are taken up at the next start only', {
          settings: restart.join(' '),
        });
      }
      return { ...inForce, sinks: { added, changed, removed }, needsRestart: restart };
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#reloading.then(() => {
      if (!this.#alive || this.#closing) {
        throw new SakerError(
          'NOT_WATCHING',
          'the sensor is starting or ending: nothing is reloaded',
        );
      }
      return work();
    });
    this.#reloading = done.catch(() => undefined);
    return done;
  }

  async #putInForce({ message, commit }: LoadedRules): Promise<RulesReloaded> {
    const { generation, rules } = message;
    await this.link.setRules(message);
    try {
      this.#enforcement?.load(rules, generation);
    } catch (error) {
      await this.#goBack();
      throw error;
    }
    commit();
    return { generation, rules: rules.length };
  }

  /** Blocks could not be put in force: the sensor thread has the new rules already. */
  async #goBack(): Promise<void> {
    const before = this.rules.again();
    if (before === null) return;
    try {
      await this.link.setRules(before.message);
      this.#enforcement?.load(before.message.rules, before.message.generation);
      before.commit();
    } catch (error) {
      this.logger.error('the rules from before the reload could not be put back', {
        error: String(error),
        hint: 'restart the sensor',
      });
    }
  }

  #ruleSource({ config, rulePaths }: Settings): RuleSource {
    const { compat, matching, select, minPriority, disableRules, disableTags } = config.rules;
    return {
      paths: rulePaths,
      matching,
      load: {
        compat,
        priority: minPriority,
        selection: [
          ...select,
          ...disableRules.map((rule) => ({ operation: 'disable', rule }) as const),
          ...disableTags.map((tag) => ({ operation: 'disable', tag }) as const),
        ],
        matching,
        appendOutput: config.output.append,
        captured: CAPTURED_EVENTS,
        // Switching blocks on or off is for the next start, whatever the file says by now.
        checkAction: this.config.enforce.enabled ? checkBlockRule : refuseBlockRule,
        checkActions,
      },
    };
  }

  get #host(): string {
    return this.config.output.hostname ?? process.env['FALCO_HOSTNAME'] ?? hostname();
  }

  async #makeEnforcement({ sharedMaps }: WatchingReport): Promise<Enforcement> {
    const { config, link, logger } = this;
    const enforcement = new Enforcement({
      scope: config.cgroup === null ? null : cgroupScope(config.cgroup),
      onExit: config.enforce.onExit,
      pinDir: pinDirOf(config.runDir),
      heartbeatSeconds: config.enforce.heartbeatSeconds,
      interfaces: config.enforce.interfaces,
      guard: await guardsOf(config, logger),
      containers: () => containerGroups(config.hostRoot, config.cgroup),
      shared: sharedMaps,
      logger,
    });
    link.onContainers = (groups) => {
      enforcement.containersChanged(groups.map(([id, container]) => [BigInt(id), container]));
    };
    return enforcement;
  }

  /** The sinks open their files anew (after a rotation). */
  reopen(): void {
    for (const { reopen } of this.#sinks) reopen?.();
  }

  get link(): SensorLink {
    if (!this.#link) throw new SakerError('NOT_WATCHING', 'the sensor is not watching yet');
    return this.#link;
  }
  get delivery(): Delivery | null {
    return this.#delivery;
  }
  /** Watching, and the sensor thread has not ended. */
  get alive(): boolean {
    return this.#alive;
  }
  /** How much the spool may hold, as of the last reload. */
  get spoolMaxBytes(): number {
    return this.#spoolMaxBytes;
  }
  get shared(): SpoolShared {
    return this.#shared;
  }
  /** Null where the configuration switches blocks off. */
  get enforcement(): Enforcement | null {
    return this.#enforcement;
  }
  /** How each event is served, as found at start. */
  get report(): WatchingReport | null {
    return this.#report;
  }

  /** Detaches, delivers what it can within a deadline, closes everything. Twice is fine. */
  close(error?: SakerError): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#end(error);
    });
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Told to end while it starts: what is being made is made, then closed.
    await this.#link?.stop();
    await this.#starting.catch(() => undefined);
    await this.#reloading;
    await this.#metrics.close();
    await this.#control?.close();
    this.#enforcement?.close();
    await this.#delivery?.close(DRAIN_MS);
    for (const { sink } of this.#sinks) await sink.close();
    this.#lock?.release();
  }
}

function warnOfCaptures(rules: readonly Rule[], logger: Logger): void {
  const asking = rules.filter(({ enabled, capture }) => enabled && capture !== null);
  if (asking.length === 0) return;
  logger.warn('rules ask for captures, and the configuration has capture.enabled: false', {
    rules: asking.map(({ name }) => name).join(', '),
  });
}

function lockRunDir(dir: string): DirLock {
  try {
    makeFolder(dir, 0o750);
  } catch (cause) {
    throw new SakerError('RUN_DIR', `cannot make ${dir}: ${(cause as Error).message}`, {
      hint: 'choose another folder with --run-dir',
      cause,
    });
  }
  return lockDir(dir);
}
