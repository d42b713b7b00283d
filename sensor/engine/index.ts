export * from './types.js';
export { compileRules } from './compile.js';
export { Interpreter } from './naive.js';
export { compileOutput, type Output } from './output/render.js';
