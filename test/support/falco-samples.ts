/** The worked example of falco-formats §3.2, line by line: an unknown field in a condition, a list appended to the old way. */
export const FAULTY_RULES = `- list: edit_tools
  items: [vi, ed]
- list: edit_tools
  items: [nano]
  append: true
- rule: Edit of secrets
  desc: demo
  condition: evt.type = open and fd.nam in (edit_tools)
  output: edited %fd.name
  priority: NOTICE
`;

/** The worked example of falco-formats §4: a rule with a macro and a list. */
export const DESCRIBED_RULES = `- required_engine_version: 0.63.0
- list: lab_shells
  items: [ash, zsh]
- macro: lab_spawn
  condition: evt.type in (execve, execveat)
- rule: Lab shell
  desc: demo
  condition: lab_spawn and proc.name in (lab_shells) and not proc.pname exists
  output: shell %proc.name by %user.name
  priority: INFO
  tags: [lab]
`;
