import type { Diagnostic } from './diagnostic.js';
import type { Priority, Rule } from './ir.js';

/** One rule file, already read: the loader never touches the disk. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/** Switches rules on or off after load, by name (`*` stands for any text) or tag; the last word counts. */
export interface Selection {
  readonly operation: 'enable' | 'disable';
  readonly rule?: string;
  readonly tag?: string;
}

/** What is added to the output of rules that fit all of `rule`, `source` and `tags` (Falco's append_output). */
export interface AppendOutput {
  readonly rule?: string;
  readonly source?: string;
  readonly tags?: readonly string[];
  /** Behind one blank. */
  readonly text?: string;
  /** Fields for `output_fields` alone, with values of their type. */
  readonly fields?: readonly string[];
  /** Members of `output_fields` made from a template, as text. */
  readonly formatted?: Readonly<Record<string, string>>;
  /** The fields that say which container and pod it was, as `container_id=%container.id`. */
  readonly suggested?: boolean;
}

export interface LoadOptions {
  /** `falco` (default): traps keep their meaning and are warned of; `strict`: they mean what they seem to. */
  readonly compat?: 'falco' | 'strict';
  /** Less severe rules are compiled, but do not run; action rules always do. */
  readonly priority?: Priority;
  readonly selection?: readonly Selection[];
  readonly appendOutput?: readonly AppendOutput[];
  /** Event sources there are; default `syscall`. */
  readonly sources?: readonly string[];
  /** Plugins by version, as `required_plugin_versions` asks; default `BUILTIN_PLUGINS`. */
  readonly plugins?: ReadonlyMap<string, string>;
  /** `first` (default unless strict): a rule behind a broader one never alerts, which is warned of. */
  readonly matching?: 'first' | 'all';
  /** Names of events this build takes; rules that need others are warned of. Not given: no such warning. */
  readonly captured?: ReadonlySet<string>;
  /**
   * Judges a rule with an action: errors say why it cannot be enforced, warnings and hints what to know of it. Without a
   * judge such a rule is an error: it must never run as one that only alerts.
   */
  readonly checkAction?: (rule: Rule, place: ActionPlace) => readonly Diagnostic[];
  /** Judges all rules that run, together: why they cannot all be enforced; null: they can. Asked where there is no other error. */
  readonly checkActions?: (rules: readonly Rule[]) => TogetherFinding | null;
}

/** An error that no rule makes by itself. */
export interface TogetherFinding {
  /** The rule that is one too many. */
  readonly rule: Rule;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Makes diagnostics at spans of a rule's condition. */
export interface ActionPlace {
  /** `span` refers to `rule.conditionText`, or to the text of the macro it is inside of when `macro` is given. */
  diagnostic(finding: {
    readonly code: string;
    readonly severity?: Diagnostic['severity'];
    readonly message: string;
    readonly hint?: string | null;
    readonly span?: { readonly start: number; readonly end: number };
    readonly macro?: string;
  }): Diagnostic;
}
