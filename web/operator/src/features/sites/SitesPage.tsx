import { t } from "@lingui/core/macro";
import type { Site } from "@stationmaster/api";
import { Badge } from "@stationmaster/ui";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { ImportButton } from "../../imports/ImportButton";
import { ManagedPage } from "../../managed/ManagedPage";
import { siteColumns } from "./columns";
import { sites } from "./resource";
import { SiteForm } from "./SiteForm";
import { removeAbout, siteWords, STATUSES } from "./words";

/** The places where chargers stand. */
export function SitesPage() {
  const navigate = useNavigate();
  const show = useCallback(({ id }: Site) => void navigate({ to: "/sites/$id", params: { id }, ignoreBlocker: true }), [navigate]);
  return (
    <ManagedPage
      resource={sites}
      testid="site"
      others={<ImportButton kind="sites" />}
      columns={siteColumns}
      states={STATUSES.map((value) => ({ value, label: siteWords(value).word }))}
      show={show}
      form={(props) => <SiteForm {...props} />}
      formSize="lg"
      words={{
        title: t`Sites`,
        add: t`Add site`,
        addTitle: t`Add a site`,
        editTitle: t`Edit this site`,
        search: t`Search name, address…`,
        noMatch: t`No site matches`,
        none: t`No sites yet`,
        noneAbout: t`A site is a place where chargers stand: its address, when it is open, whom to call.`,
        removeTitle: t`Remove this site?`,
        removeAbout,
      }}
    />
  );
}

export function SiteBadge({ site }: { site: Site }) {
  const { word, tone } = siteWords(site.status);
  return <Badge tone={tone}>{word}</Badge>;
}
