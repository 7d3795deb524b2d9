/** The icons: 16-unit outlines drawn for this page, in the colour of the text around them. Decoration; words carry meaning. */
const PATHS = {
  today: "M3 3.5h10v9.5H3zM3 6.5h10M5.5 2v3M10.5 2v3M6 9.8l1.4 1.4L10.2 8.6",
  attempts: "M2.5 4h11M2.5 8h11M2.5 12h7",
  days: "M3 3.5h10v9.5H3zM3 6.5h10M5.5 2v3M10.5 2v3M6.2 9.7h.01M9.8 9.7h.01",
  trends: "M2.5 12.5l3.6-4 2.8 2.2 4.6-6.4M10.2 4.3h3.3v3.3",
  funnel: "M2.5 3.5h11L9.5 8.6v4.6l-3-1.6v-3z",
  failures: "M8 2.6l6 10.6H2zM8 6.6v3M8 11.4v.01",
  system: "M2.5 8.5h2.6l1.6-4.5 2.6 8 1.6-3.5h2.6",
  settings: "M2.5 5h6M11.5 5h2M10 3.4v3.2M2.5 11h2M7.5 11h6M6 9.4v3.2",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4l3.1 3.1",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M9.8 3.8L5.6 8l4.2 4.2",
  right: "M6.2 3.8L10.4 8l-4.2 4.2",
  down: "M4 6.2L8 10l4-3.8",
  up: "M4 9.8L8 6l4 3.8",
  trash: "M3 4.5h10M6.4 4.5V3h3.2v1.5M4.4 4.5l.6 8.6h6l.6-8.6M6.8 7v3.6M9.2 7v3.6",
  upload: "M8 10V2.8M5 5.6l3-3 3 3M3 13.2h10",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  check: "M3.2 8.4l3.1 3.1 6.5-7",
  cross: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",
  retry: "M12.8 8a4.8 4.8 0 1 1-1.5-3.5M12.9 2.6v2.6h-2.6",
  help: "M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.6-.8 1.3M8 11.7v.01M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4z",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M12.5 3.5l-1.1 1.1M4.6 11.4l-1.1 1.1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  screen: "M2.5 3.2h11v7.6h-11zM6 13.4h4",
  person: "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zM3 13.6c.5-2.4 2.4-3.8 5-3.8s4.5 1.4 5 3.8",
  table: "M2.5 3.2h11v9.6h-11zM2.5 6.4h11M2.5 9.6h11M6.2 3.2v9.6",
  chart: "M2.8 2.8v10.4h10.4M5.6 10.6V8.2M8.4 10.6V4.8M11.2 10.6V6.8",
  download: "M8 2.6v7.2M5 7l3 3 3-3M3 13.2h10",
  lock: "M4 7.4h8v5.8H4zM5.6 7.4V5.2a2.4 2.4 0 0 1 4.8 0v2.2",
  filter: "M2.5 4.5h11M4.5 8h7M6.5 11.5h3",
  clock: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  columns: "M2.5 3.2h11v9.6h-11zM6.2 3.2v9.6M9.8 3.2v9.6",
  plus: "M8 3.2v9.6M3.2 8h9.6",
  report: "M4 2.5h8v11H4zM6 5.6h4M6 8h4M6 10.4h2.4",
  out: "M6.4 3H3v10h3.4M7 8h6.2M10.6 5.2L13.4 8l-2.8 2.8",
  warning: "M8 2.6l6 10.6H2zM8 6.6v3M8 11.4v.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4"
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A page with the double rule that bookkeepers draw under a total: closed, and balanced. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="mark-page" x="3" y="2" width="26" height="28" rx="5" />
      <path className="mark-entry" d="M9 10h14" />
      <path className="mark-rule" d="M9 19h14M9 23.6h14" />
    </svg>
  );
}
