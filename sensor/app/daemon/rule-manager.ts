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
export interface RuleSource {
  readonly paths: readonly string[];
  readonly matching: 'first' | 'all';
  readonly load: LoadOptions;
}

/** A set that is checked and not yet in force. */
export interface LoadedRules {
  /** For the sensor thread. */
  readonly message: RulesMessage;
  /** Notes that it is in force. */
  readonly commit: () => void;
}

/**
 * Loads and checks rule sets and counts their generations. A set with an error never gets further: the one in force stays.
 */
export class RuleManager {
  readonly #logger: Logger;
  #source: RuleSource;
  /** The number given out last; a set that came to nothing keeps its own. */
  #issued = 0;
  #generation = 0;
  #current: LoadResult | null = null;

  constructor(source: RuleSource, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
  }

  /** The set in force. */
  get current(): LoadResult | null {
    return this.#current;
  }

  get generation(): number {
    return this.#generation;
  }

  /**
   * Reads and checks the files; the set is of the next generation.
   *
   * @param source - Other files or another way to load them; kept once the set is in force.
   * @throws RulesError when one has an error; SakerError `RULE_FILE` when one cannot be read.
   */
  load(source: RuleSource = this.#source): LoadedRules {
    const files = readRuleFiles(source.paths);
    const result = loadRules(files, source.load);
    const shown = renderText(result.diagnostics, files, { color: false });
    if (result.diagnostics.some(({ severity }) => severity === 'error')) {
      throw new RulesError(result.diagnostics, shown);
    }
    for (const { severity, file, line, column, message, code } of result.diagnostics) {
      if (severity === 'warning') {
        this.#logger.warn('rule file', { at: `${file}:${line}:${column}`, message, code });
      }
    }
    return this.#issue(result, source);
  }

  /** The set in force under another generation, to go back to; null: there is none yet. */
  again(): LoadedRules | null {
    return this.#current && this.#issue(this.#current, this.#source);
  }

  #issue(result: LoadResult, source: RuleSource): LoadedRules {
    const generation = ++this.#issued;
    return {
      message: {
        kind: 'rules',
        rules: result.ruleSet.rules,
        generation,
        matching: source.matching,
      },
      commit: () => {
        this.#source = source;
        this.#generation = generation;
        this.#current = result;
      },
    };
  }
}
