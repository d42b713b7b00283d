export { ControlServer, errorBody, type Method, type Stream } from './server.js';
export { ControlClient, RemoteError } from './client.js';
