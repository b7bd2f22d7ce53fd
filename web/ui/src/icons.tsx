/** How a charger or connector is, for colour, shape and filters. */
export type Tone = "charging" | "available" | "busy" | "reserved" | "unavailable" | "faulted" | "offline";

/** What a badge can show: the states of chargers, and how things went. */
export type Shape = Tone | "done" | "good";

const CHECK = <path d="m2.8 8.4 3.4 3.4 7-7.4" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" />;

/** State shapes, 16 × 16. Each has its own outline, so that none depends on its colour. */
const GLYPHS: Record<Shape, React.ReactNode> = {
  charging: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M8.9 3.2 4.9 8.7h2.7l-.6 4.1 4.1-5.6H8.4z" fill="var(--surface)" />
    </>
  ),
  available: <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="2.2" />,
  busy: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
    </>
  ),
  reserved: <path d="M4 2h8v12l-4-3.2L4 14z" fill="currentColor" />,
  unavailable: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="m4 12 8-8" stroke="currentColor" strokeWidth="2" />
    </>
  ),
  faulted: (
    <>
      <path d="M8 1.2 15.4 14H.6z" fill="currentColor" />
      <path d="M8 5.8v3.8M8 11v1.6" stroke="var(--surface)" strokeWidth="1.7" />
    </>
  ),
  done: CHECK,
  good: CHECK,
  offline: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.4 2.3" />,
};

export function Glyph({ tone, size = 16 }: { tone: Shape; size?: number }) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" className={`tone-${tone}`} style={{ color: "var(--tone)", flex: "none" }}>
      {GLYPHS[tone]}
    </svg>
  );
}

const LINES = {
  fleet: "M5 21V6a2 2 0 0 1 2-2h6a2 2 0 0 1 2 2v15M3 21h14M15 11h2a2 2 0 0 1 2 2v3a1.5 1.5 0 0 0 3 0V9l-3-3M10.5 8 8.5 11.5h3L9.5 15",
  home: "M3 11.5 12 4l9 7.5M6 9.5V20h12V9.5M10 20v-6h4v6",
  analytics: "M4 4v16h16M9 16v-5M13.5 16V8M18 16v-3",
  pin: "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 7.2a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z",
  sessions: "M4 6h16M4 12h16M4 18h10",
  reserved: "M7 3h10v18l-5-4-5 4z",
  firmware: "M7 7h10v10H7zM9.5 3v4M14.5 3v4M9.5 17v4M14.5 17v4M3 9.5h4M3 14.5h4M17 9.5h4M17 14.5h4",
  cards: "M3 7a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM3 10h18M7 15h3",
  refused: "M9 8V3M15 8V3M7 8h10v3a5 5 0 0 1-5 5 5 5 0 0 1-5-5zM12 16v5M3 3l18 18",
  review: "M9 4h6v3H9zM9 5.5H6V21h12V5.5h-3M9 14l2.2 2.2L15.2 12",
  bell: "M6 16V10.5a6 6 0 0 1 12 0V16l1.5 2h-15zM10 21h4M12 2.5v2",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4 4",
  plus: "M12 5v14M5 12h14",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevron: "M9 6l6 6-6 6",
  back: "M15 6l-6 6 6 6",
  in: "M19 12H5M11 6l-6 6 6 6",
  sent: "M5 12h14M13 6l6 6-6 6",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  table: "M4 5h16v14H4zM4 10h16M10 10v9",
  sort: "M7 4v16M3 16l4 4 4-4M17 20V4M13 8l4-4 4 4",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  sites: "M4 21V9l8-6 8 6v12zM10 21v-6h4v6",
  money: "M3 7h18v10H3zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM6 10v4M18 10v4",
  tariffs: "M4 12V4h8l8 8-8 8zM8.5 8.5h.01",
  audit: "M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3",
  people: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M16 4a4 4 0 0 1 0 7M22 21a7 7 0 0 0-4-6",
  key: "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12.5 20 4M16 7.5l3 3",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  deliveries: "M4 12 20 4l-5 16-3.5-6.5zM11.5 13.5 20 4",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8M12 16.8h.01",
  language: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  hidden: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM4 20 20 4",
  close: "M6 6l12 12M18 6L6 18",
} as const;

export type IconName = keyof typeof LINES;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "dots" ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={LINES[name]} />
    </svg>
  );
}
