export { type TraceParent, formatTraceparent, parseTraceparent } from './domain/traceparent.js';
export { openTrace, serverTiming, traceHeaders, traceOf } from './http/request.trace.js';
export { traceRequests } from './http/trace.hooks.js';
export { openLog } from './log.js';
export { counter, gauge, histogram, renderMetrics } from './metrics.js';
export {
  type Trace,
  addTiming,
  currentTrace,
  currentTraceparent,
  inTrace,
  setTraceUser,
  startTrace,
} from './trace.js';
export { TracingModule } from './tracing.module.js';
