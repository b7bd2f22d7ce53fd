import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type Site } from "@stationmaster/api";
import { Badge, DataTable, Empty, Icon, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { FormModal } from "../../FormModal";
import { useList, useSearched, useTableState } from "../../lists";
import { useFocus } from "../../live/useFocus";
import { knownSort, SITE_SORTS, siteListQuery } from "../../queries";
import { RestoreButton } from "../../RestoreButton";
import thing from "../../thing.module.css";
import { Only, useMay } from "../../user";
import { siteColumns } from "./columns";
import { SiteForm } from "./SiteForm";
import { siteWords, STATUSES } from "./words";

const route = getRouteApi("/sites/");

/** The places where chargers stand. */
export function SitesPage() {
  useFocus(null);
  const { state: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const [state, setState] = useTableState();
  const [adding, add] = useDisclosure(false);
  const search = useSearched(state);
  const removed = wanted === "removed";
  const list = useList<Site>(
    siteListQuery({ search, deleted: removed, status: wanted === "removed" ? undefined : wanted, sort: knownSort(SITE_SORTS, state.sort) }),
  );
  const mayRestore = useMay("administer");
  const columns = useMemo(() => siteColumns(removed && mayRestore ? (site) => <Restore site={site} /> : null, removed), [removed, mayRestore]);
  const button = (
    <Only may="administer">
      <Button leftSection={<Icon name="plus" size={16} />} onClick={add.open} data-testid="add-site">
        <Trans>Add site</Trans>
      </Button>
    </Only>
  );
  const narrowed = wanted !== undefined || search !== undefined;
  return (
    <>
      <PageHead title={t`Sites`}>{(list.rows.length > 0 || narrowed) && button}</PageHead>
      {list.error ? (
        <Problem error={list.error} retry={list.retry} />
      ) : list.isPending ? (
        <Waiting />
      ) : (
        <DataTable
          label={t`Sites`}
          columns={columns}
          rows={list.rows}
          rowId={(site) => `${site.id} ${site.created_at}`}
          state={state}
          onState={setState}
          pages={list.pages}
          sortable={SITE_SORTS}
          search={t`Search name, address…`}
          searchedByServer
          filters={
            <Select
              className={thing.filter ?? ""}
              aria-label={t`State`}
              placeholder={t`Any state`}
              data={[...STATUSES.map((value) => ({ value: value as string, label: siteWords(value).word })), { value: "removed", label: t`Removed` }]}
              value={wanted ?? null}
              onChange={(value) => {
                const next = (value ?? undefined) as typeof wanted;
                void navigate({ search: (old) => ({ ...old, state: next }), replace: true, resetScroll: false });
              }}
              clearable
              clearButtonProps={{ "aria-label": t`Clear` }}
            />
          }
          empty={
            narrowed ? (
              <Empty title={removed && !search ? t`Nothing was removed` : t`No site matches`} />
            ) : (
              <Empty title={t`No sites yet`}>
                <p>
                  <Trans>A site is a place where chargers stand: its address, when it is open, whom to call.</Trans>
                </p>
                {button}
              </Empty>
            )
          }
        />
      )}
      <FormModal opened={adding} onClose={add.close} title={t`Add a site`} size="lg">
        <SiteForm
          onDone={(site) => {
            add.close();
            void navigate({ to: "/sites/$id", params: { id: site.id }, ignoreBlocker: true });
          }}
        />
      </FormModal>
    </>
  );
}

function Restore({ site }: { site: Site }) {
  return (
    <RestoreButton
      name={site.name}
      changes={["sites"]}
      restore={() => answered(client.POST("/api/v1/sites/{site_id}/restore", { params: { path: { site_id: site.id } } }))}
    />
  );
}

export function SiteBadge({ site }: { site: Site }) {
  const { word, tone } = siteWords(site.status);
  return <Badge tone={tone}>{word}</Badge>;
}
