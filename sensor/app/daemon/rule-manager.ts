import { SakerError, type Logger } from '../../core/index.js';
import {
  loadRules,
  renderText,
  type Diagnostic,
  type LoadOptions,
  type LoadResult,
} from '../../lang/index.js';
import type { RulesMessage } from '../messages.js';
import { readRuleFiles } from '../rule-files.js';

/** Rule files with errors; `details` holds every fault, ready to show. */
export class RulesError extends SakerError {
  override readonly name = 'RulesError';
  readonly details: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], details: string) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    super('RULES_INVALID', `${errors} ${errors === 1 ? 'error' : 'errors'} in the rule files`, {
      hint: '`saker rules check FILE…` shows the same without a sensor',
    });
    this.diagnostics = diagnostics;
    this.details = details;
  }
}

/** Which rule files, and how they are loaded. */
export interface RuleManagerOptions {
  readonly paths: readonly string[];
  readonly matching: 'first' | 'all';
  readonly load: LoadOptions;
  readonly logger: Logger;
}

/**
 * Loads and checks rule sets and counts their generations. A set with an error never gets further: the one in force stays.
 */
export class RuleManager {
  readonly #options: RuleManagerOptions;
  #generation = 0;
  #current: LoadResult | null = null;

  constructor(options: RuleManagerOptions) {
    this.#options = options;
  }

  /** The set in force. */
  get current(): LoadResult | null {
    return this.#current;
  }

  get generation(): number {
    return this.#generation;
  }

  /**
   * Reads and checks the files.
   *
   * @throws RulesError when one has an error; SakerError `RULE_FILE` when one cannot be read.
   * @returns the set for the sensor thread under the next generation, and what `commit` notes once it is in force.
   */
  load(): { readonly message: RulesMessage; readonly commit: () => void } {
    const files = readRuleFiles(this.#options.paths);
    const result = loadRules(files, this.#options.load);
    const shown = renderText(result.diagnostics, files, { color: false });
    if (result.diagnostics.some(({ severity }) => severity === 'error')) {
      throw new RulesError(result.diagnostics, shown);
    }
    for (const { severity, file, line, column, message, code } of result.diagnostics) {
      if (severity === 'warning') {
        this.#options.logger.warn('rule file', { at: `${file}:${line}:${column}`, message, code });
      }
    }
    const generation = this.#generation + 1;
    return {
      message: {
        kind: 'rules',
        rules: result.ruleSet.rules,
        generation,
        matching: this.#options.matching,
      },
      commit: () => {
        this.#generation = generation;
        this.#current = result;
      },
    };
  }
}
