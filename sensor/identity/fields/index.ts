export { createLiveFields } from './live-fields.js';
