import { t } from "@lingui/core/macro";

/* eslint-disable lingui/no-unlocalized-strings -- names, which are the same in every language */
/* The first that fits names it: most say of themselves that they are others as well. */
const BROWSERS: [RegExp, string][] = [
  [/EdgA?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/\b(iPhone|iPad)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/* eslint-enable lingui/no-unlocalized-strings */

/** What a browser says that it is, for people: "Firefox on Linux". A program is called as it calls itself. */
export function browserWords(said: string | null): string {
  if (!said) return t`Unknown device`;
  const named = (kinds: [RegExp, string][]) => kinds.find(([sign]) => sign.test(said))?.[1];
  const browser = named(BROWSERS);
  const system = named(SYSTEMS);
  if (!browser) return said.split(/[\s(]/)[0]?.slice(0, 60) || t`Unknown device`;
  return system ? t`${browser} on ${system}` : browser;
}
