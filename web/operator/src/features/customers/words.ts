import { t } from "@lingui/core/macro";

export function removeAbout(name: string): string {
  return t`${name} leaves the list, and can be restored there. Past sessions keep whose they were.`;
}
