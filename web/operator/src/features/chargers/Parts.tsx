import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Station } from "@stationmaster/api";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Waiting } from "@stationmaster/ui";
import { PARTS, type Part } from "./partNames";
import css from "./Parts.module.css";

// Seldom looked at, so fetched when they are.
const Shown: Record<Part, React.LazyExoticComponent<React.ComponentType<{ station: Station }>>> = {
  reservations: lazy(() => import("./Reservations").then((found) => ({ default: found.Reservations }))),
  limits: lazy(() => import("./Limits").then((found) => ({ default: found.Limits }))),
  cards: lazy(() => import("./LocalList").then((found) => ({ default: found.LocalListPart }))),
  display: lazy(() => import("./Display").then((found) => ({ default: found.Display }))),
  firmware: lazy(() => import("./Upkeep").then((found) => ({ default: found.Upkeep }))),
};

/** The parts there are for this charger: 1.6 has no messages on the display. */
export function partsOf(station: Station): Part[] {
  return PARTS.filter((part) => part !== "display" || station.ocpp_version !== "1.6");
}

function nameOf(part: Part): string {
  const names: Record<Part, string> = {
    reservations: t`Reservations`,
    limits: t`Limits`,
    cards: t`Card list`,
    display: t`Display`,
    firmware: t`Firmware and logs`,
  };
  return names[part];
}

/** Links to the parts of a charger's page. */
export function PartLinks({ station, part }: { station: Station; part: Part | undefined }) {
  return (
    <nav className={css.parts} aria-label={t`Parts of this page`}>
      <Link to="/chargers/$id" params={{ id: station.id }} search={{}} activeOptions={{ exact: true, includeSearch: true }} {...current(part === undefined)}>
        <Trans>Overview</Trans>
      </Link>
      {partsOf(station).map((each) => (
        <Link
          key={each} to="/chargers/$id" params={{ id: station.id }} search={{ part: each }} resetScroll={false}
          data-testid={`part-${each}`} {...current(part === each)}
        >
          {nameOf(each)}
        </Link>
      ))}
    </nav>
  );
}

function current(is: boolean): { "aria-current"?: "page" } {
  return is ? { "aria-current": "page" } : {};
}

export function PartShown({ station, part }: { station: Station; part: Part }) {
  const Found = Shown[part];
  return (
    <Suspense fallback={<Waiting />}>
      <Found station={station} />
    </Suspense>
  );
}
