import { benchIdentity } from './bench.js';
await benchIdentity();
