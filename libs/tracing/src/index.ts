export { type Attributes, Span, endedSpan } from './domain/span.js';
export { type FinishedTrace, Trace } from './domain/trace.js';
export { type TraceParent, formatTraceparent, parseTraceparent } from './domain/traceparent.js';
export { openTrace, serverTiming, traceHeaders, traceOf, traceOfHeaders } from './http/request.trace.js';
export { traceRequests } from './http/trace.hooks.js';
export { TraceInterceptor, Traced } from './http/trace.interceptor.js';
export { openLog } from './log.writer.js';
export { counter, describeMetrics, gauge, histogram, renderMetrics } from './metrics.registry.js';
export {
  addSpan,
  addTiming,
  currentTrace,
  currentTraceparent,
  inSpan,
  inTrace,
  outsideTraces,
  setTraceUser,
  startTrace,
} from './trace.context.js';
export { searchTraces, tracesOf } from './trace.recorder.js';
export { inJob, jobEnded, startJob } from './trace.jobs.js';
export { type SpanRecord, spanIdIn, spansOf, wallClock } from './trace.records.js';
export { TracingModule } from './tracing.module.js';
