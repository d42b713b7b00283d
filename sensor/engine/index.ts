export * from './types.js';
export { compileRules } from './compile.js';
export { Interpreter } from './naive.js';
export { compileOutput, type Output } from './output/render.js';
export { jsonOf, textOf } from './output/format.js';
export { pushDown } from './push-down/index.js';
