import { t } from "@lingui/core/macro";
import type { Site } from "@stationmaster/api";
import { At, Badge, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { addressLine, dayWord, hoursWord, siteWords } from "./words";

/** Sites as rows; the whole row opens the site, unless it was removed. Ids are those the server sorts by. */
export function siteColumns(removed: boolean): Column<Site>[] {
  const open = (site: Site) => (
    <Link to="/sites/$id" params={{ id: site.id }} className={`${tableCss.rowLink} hostile`}>
      {site.name}
    </Link>
  );
  return [
    { id: "name", head: t`Site`, value: (site) => site.name, cell: removed ? (site) => <span className="hostile">{site.name}</span> : open },
    {
      id: "status",
      head: t`State`,
      value: (site) => siteWords(site.status).word,
      card: "side",
      cell: (site) => {
        const { word, tone } = siteWords(site.status);
        return <Badge tone={tone} plain>{word}</Badge>;
      },
    },
    { id: "address", head: t`Address`, value: addressLine, card: "wide", cell: (site) => <span className="hostile">{addressLine(site) || "–"}</span> },
    { id: "hours", head: t`Open`, value: openWord, card: "hidden", cell: (site) => <span className="dim">{openWord(site)}</span> },
    { id: "city", head: t`City`, extra: true, value: (site) => site.city },
    { id: "contact", head: t`Contact`, extra: true, value: (site) => [site.contact_person, site.contact_number].filter(Boolean).join(", ") },
    { id: "zone", head: t`Time zone`, extra: true, value: (site) => site.time_zone },
    { id: "id", head: t`Id`, extra: true, value: (site) => site.id },
    { id: "created", head: t`Added`, extra: true, value: (site) => site.created_at, cell: (site) => <At at={site.created_at} /> },
    { id: "updated", head: t`Changed`, extra: true, value: (site) => site.updated_at, cell: (site) => <At at={site.updated_at} /> },
    ...(removed
      ? [{ id: "removed", head: t`Removed`, value: (site: Site) => site.deleted_at, card: "hidden" as const, cell: (site: Site) => <At at={site.deleted_at} /> }]
      : []),
  ];
}

function openWord(site: Site): string {
  const hours = hoursWord(site.opening_time, site.closing_time);
  if (site.working_days === null) return site.opening_time === null ? t`Always` : hours;
  return `${site.working_days.map((day) => dayWord(day).slice(0, 3)).join(" ")}, ${hours}`;
}
