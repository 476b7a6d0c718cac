export { type TraceParent, formatTraceparent, parseTraceparent } from './domain/traceparent.js';
export { openTrace, serverTiming, traceHeaders, traceOf } from './http/request.trace.js';
export { traceRequests } from './http/trace.hooks.js';
export { openLog } from './log.writer.js';
export { counter, gauge, histogram, renderMetrics } from './metrics.registry.js';
export {
  type Trace,
  addTiming,
  currentTrace,
  currentTraceparent,
  inTrace,
  setTraceUser,
  startTrace,
} from './trace.context.js';
export { TracingModule } from './tracing.module.js';
