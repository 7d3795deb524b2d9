/** The query API's aggregates. Shapes follow contracts/; fields keep their names on the wire. */
import { boolean, instant, list, nullable, number, object, optional, text } from "./decode";
import { QueryValues, send } from "./client";
import { enveloped } from "./envelope";

// ---- Overview of one day --------------------------------------------------------------------------------------------

const averageOfDays = object({
  attempts: number,
  leads: number,
  success_share: nullable(number),
  days: number,
});

const overview = enveloped(
  object({
    date: text,
    is_today: boolean,
    today: object({
      attempts: number,
      leads: number,
      failures: number,
      events: number,
      success_share: nullable(number),
      p95_latency_ms: nullable(number),
      cost_micro_usd: nullable(number),
    }),
    all_time: object({
      attempts: number,
      leads: number,
      failures: number,
      events: number,
      success_share: nullable(number),
      first_day: nullable(text),
      days: number,
    }),
    trailing: object({ same_weekday: nullable(averageOfDays), seven_days: nullable(averageOfDays) }),
    top_failure: nullable(
      object({ code: text, category: text, source: nullable(text), count: number, since: nullable(instant) }),
    ),
    spark: object({ attempts: list(number), leads: list(number), failures: list(number), events: list(number) }),
  }),
);
export type Overview = ReturnType<typeof overview>;

export const getOverview = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/overview", query, signal }, overview);

// ---- Funnel ---------------------------------------------------------------------------------------------------------

const funnelStep = object({
  step: text,
  position: number,
  sessions: number,
  /** Of the step itself: a session counts for every step before the last that it reached. */
  events: nullable(number),
  conversion_from_previous: nullable(number),
  conversion_from_first: nullable(number),
  drop_off: nullable(number),
  p50_ms: nullable(number),
  p95_ms: nullable(number),
});
export type FunnelStep = ReturnType<typeof funnelStep>;

const channelRow = object({
  channel: nullable(text),
  attempts: number,
  leads: number,
  failures: number,
  conversion_rate: nullable(number),
  failure_density: nullable(number),
  p95_latency_ms: nullable(number),
});
export type ChannelRow = ReturnType<typeof channelRow>;

const funnel = enveloped(
  object({
    funnel: nullable(text),
    steps: list(funnelStep),
    /** The parameters that the steps follow; totals and channels follow all. */
    steps_narrowed_by: optional(list(text), ["source", "channel"]),
    totals: object({
      attempts: number,
      leads: number,
      failures: number,
      conversion_rate: nullable(number),
      p95_latency_ms: nullable(number),
    }),
    by_channel: optional(list(channelRow), []),
  }),
);
export type FunnelMetrics = ReturnType<typeof funnel>;

export const getFunnel = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/funnel-metrics", query, signal }, funnel);

// ---- Failures -------------------------------------------------------------------------------------------------------

const page = object({ next_cursor: nullable(text), has_more: optional(boolean, false) });
const noPage = { next_cursor: null, has_more: false };

const failureGroup = object({
  category: text,
  code: text,
  source: nullable(text),
  channel: nullable(text),
  count: number,
  share: nullable(number),
  first_seen: nullable(instant),
  last_seen: nullable(instant),
  sample_event_ids: optional(list(text), []),
  trend: optional(list(object({ at: instant, count: number })), []),
  retry_outcomes: nullable(
    object({
      first_try: optional(number, 0),
      recovered: optional(number, 0),
      exhausted: optional(number, 0),
      pending: optional(number, 0),
    }),
  ),
});
export type FailureGroup = ReturnType<typeof failureGroup>;

const heatCell = object({ category: text, source: nullable(text), hour: instant, count: number });
export type HeatCell = ReturnType<typeof heatCell>;

const failures = enveloped(
  object({
    total_failures: number,
    total_attempts: nullable(number),
    failure_share: nullable(number),
    groups: list(failureGroup),
    by_category: optional(list(object({ category: text, count: number })), []),
    heat: optional(list(heatCell), []),
    page: optional(page, noPage),
  }),
);
export type Failures = ReturnType<typeof failures>;

export const getFailures = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/failures", query, signal }, failures);

// ---- Time series ----------------------------------------------------------------------------------------------------

const series = object({
  metric: text,
  group: nullable(text),
  unit: text,
  points: list(object({ at: instant, value: nullable(number) })),
});
export type Series = ReturnType<typeof series>;

const timeseries = enveloped(object({ series: list(series), filling_from: nullable(instant) }));
export type TimeSeries = ReturnType<typeof timeseries>;

export const getTimeSeries = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/timeseries", query, signal }, timeseries);

// ---- Facets ---------------------------------------------------------------------------------------------------------

const facet = object({
  field: text,
  values: list(object({ value: nullable(text), count: number })),
  other_count: optional(number, 0),
});
export type Facet = ReturnType<typeof facet>;

const facets = enveloped(object({ facets: list(facet) }));

export const getFacets = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/facets", query, signal }, facets);

// ---- Now ------------------------------------------------------------------------------------------------------------

const counts = object({
  attempts: number,
  leads: optional(number, 0),
  failures: number,
  events: number,
});

const realtime = enveloped(
  object({
    last_5_minutes: counts,
    last_hour: counts,
    per_minute: list(object({ at: instant, attempts: number, failures: number, events: number })),
    lag_seconds: nullable(number),
  }),
);
export type Realtime = ReturnType<typeof realtime>;

export const getRealtime = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/realtime-snapshot", query, signal }, realtime);
