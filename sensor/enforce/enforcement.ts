import { SakerError } from '../core/index.js';
import type { Rule } from '../lang/ir.js';
import { TooManyClauses } from './bodies.js';
import { checkAction } from './check.js';
import { compileSet, type CompiledSet } from './clauses.js';
import { readCounters, type EnforceCounters } from './counters.js';
import type { Guard } from './guard.js';
import { removeLeftovers, type InterfaceStatus } from './interfaces.js';
import type { ContainerGroups } from './container-groups.js';
import { endKept } from './kept.js';
import { Machine, type EnforceOptions } from './machine.js';
import { TooManyRows } from './row-table.js';

/** How a rule with an action stands. */
export interface RuleStatus {
  readonly rule: string;
  readonly state: 'enforcing' | 'audit' | 'degraded' | 'off';
  /** Why it is degraded or off. */
  readonly reasons: readonly string[];
  /** Decisions its clauses made since the set took force: blocked, or reported in audit mode. */
  readonly hits: number;
}

export interface EnforceStatus {
  readonly state: 'idle' | 'active' | 'off';
  readonly generation: number;
  readonly clauses: number;
  /** Where blocks are pinned that outlive the sensor; null: they end with it. */
  readonly pinned: string | null;
  readonly rules: readonly RuleStatus[];
  readonly interfaces: readonly InterfaceStatus[];
  /** Flows that rules in force are about and that are not cut, by the way things are set up. */
  readonly uncovered: readonly string[];
  readonly counters: EnforceCounters;
}

/** A set's number is generation * 2 + slot in 32 bits. */
const MAX_GENERATION = 2 ** 31 - 1;

/**
 * Blocks in the kernel, kept in step with the rules. Lives in the delivery thread: a swap waits for grace periods (50–100 ms).
 *
 * Idle, with nothing loaded or attached, until a rule set has a rule with an action.
 */
export class Enforcement {
  #options: EnforceOptions;
  #machine: Machine | null = null;
  #rules: readonly Rule[] = [];
  #generation = 0;
  #off = false;
  #tookOver = false;

  constructor(options: EnforceOptions) {
    const { logger } = options;
    this.#options = {
      ...options,
      onSwitchedOff: () => {
        logger.warn('blocks were switched off while the sensor did not answer; they are taken off');
        this.off();
      },
    };
    try {
      const interfaces = removeLeftovers({ kept: false });
      if (interfaces.length > 0) {
        logger.info('removed filters of a sensor that was killed', {
          interfaces: interfaces.join(' '),
        });
      }
    } catch (error) {
      logger.warn('filters of an earlier sensor could not be looked for', { error: String(error) });
    }
  }

  /**
   * Puts the actions of a rule set into force, in place of those before. What is loaded stays in force when it fails.
   *
   * @param generation - Number of the rule set; each load has another. Records name it (`set >> 1`).
   * @throws SakerError `ENFORCE_REFUSED` (checked rules have none), `ENFORCE_TOO_MANY`; ProbeError
   */
  load(rules: readonly Rule[], generation: number): void {
    if (
      generation <= 0 ||
      generation > MAX_GENERATION ||
      generation === this.#machine?.generation
    ) {
      throw new SakerError('ENFORCE_GENERATION', `generation ${generation} cannot be loaded`);
    }
    const compiled = compile(rules);
    if (compiled.clauses.length === 0) {
      this.#release();
    } else {
      const drops = compiled.clauses.some(({ enforce, drop }) => enforce && drop);
      const current = this.#machine;
      // Whether calls leave it to packets to be dropped is fixed at load: then a second machine takes over from the first.
      if (current !== null && (current.dropsSilently || !drops)) {
        current.publish(compiled, generation);
      } else {
        this.#machine = this.#makeMachine(compiled, generation, drops);
        current?.release();
      }
    }
    this.#takeOver();
    this.#rules = rules;
    this.#generation = generation;
    this.#off = false;
  }

  #makeMachine(compiled: CompiledSet, generation: number, drops: boolean): Machine {
    const machine = new Machine(this.#options, drops);
    try {
      machine.publish(compiled, generation);
      return machine;
    } catch (error) {
      machine.release();
      throw error;
    }
  }

  /** What an earlier sensor left in force gave way to no gap: it ends now that this one's rules are in force. Once. */
  #takeOver(): void {
    if (this.#tookOver) return;
    this.#tookOver = true;
    const { pinDir, logger } = this.#options;
    try {
      const machine = this.#machine;
      const own = machine && { folder: machine.pinFolder, filters: machine.ownFilters() };
      for (const { pid, counters } of endKept(pinDir, own)) {
        logger.info('took over from blocks that an earlier sensor left in force', {
          pid,
          blockedCalls: counters?.blockedCalls ?? 'unknown',
          blockedPackets: counters?.blockedPackets ?? 'unknown',
        });
      }
    } catch (error) {
      logger.warn('blocks of an earlier sensor could not be ended', {
        error: String(error),
        hint: `remove the folders in ${pinDir}`,
      });
    }
  }

  /** Containers came or went; these are all that are known now. */
  containersChanged(groups: ContainerGroups): void {
    this.#machine?.updateContainers(groups);
  }

  /** Destinations that no rule may cut, in place of those before. */
  setGuards(guards: readonly Guard[]): void {
    this.#options = { ...this.#options, guard: guards };
    this.#machine?.setGuards(guards);
  }

  /** The kill switch: nothing is blocked from now on, and everything is detached. Until the next `load`. */
  off(): void {
    this.#off = true;
    this.#release();
  }

  status(): EnforceStatus {
    const machine = this.#machine;
    const hits = machine?.hits() ?? new Map<number, number>();
    const shortcomings = machine?.shortcomings() ?? [];
    const rules: RuleStatus[] = [];
    this.#rules.forEach((rule, index) => {
      if (!rule.enabled || rule.action === null) return;
      const mode = rule.action.mode === 'enforce' ? 'enforcing' : 'audit';
      const reasons = shortcomings
        .filter(({ dimension }) => dimension === null || machine?.asks(index, dimension))
        .map(({ reason }) => reason);
      rules.push({
        rule: rule.name,
        state: this.#off ? 'off' : mode === 'enforcing' && reasons.length > 0 ? 'degraded' : mode,
        reasons: this.#off ? ['switched off (saker net off)'] : reasons,
        hits: hits.get(index) ?? 0,
      });
    });
    return {
      state: this.#off ? 'off' : machine ? 'active' : 'idle',
      generation: this.#generation,
      clauses: machine?.clauses ?? 0,
      pinned: machine?.pinFolder ?? null,
      rules,
      interfaces: machine?.interfaces() ?? [],
      uncovered: machine?.uncovered() ?? [],
      counters: machine?.counters() ?? readCounters(null),
    };
  }

  /** This process ends: with `on_exit: keep` blocks stay in force. */
  close(): void {
    const folder = this.#machine?.pinFolder ?? null;
    this.#machine?.close();
    this.#machine = null;
    if (folder !== null) {
      this.#options.logger.info(
        'blocks stay in force (on_exit: keep); saker net off releases them',
        {
          pinned: folder,
        },
      );
    }
  }

  #release(): void {
    this.#machine?.release();
    this.#machine = null;
  }
}

function compile(rules: readonly Rule[]): CompiledSet {
  for (const rule of rules) {
    const fault = rule.enabled
      ? checkAction(rule).find(({ severity }) => severity === 'error')
      : undefined;
    if (fault) throw new SakerError('ENFORCE_REFUSED', `rule "${rule.name}": ${fault.message}`);
  }
  try {
    return compileSet(rules);
  } catch (error) {
    if (!(error instanceof TooManyClauses) && !(error instanceof TooManyRows)) throw error;
    throw new SakerError('ENFORCE_TOO_MANY', `the rules with an action need ${error.message}`, {
      hint: 'join rules that differ only in lists of paths, addresses or ports',
      cause: error,
    });
  }
}
