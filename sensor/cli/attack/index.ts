export { coverageOf, type Coverage, type TaggedRule } from './coverage.js';
