import { t } from "@lingui/core/macro";
import type { CustomerGroup } from "@stationmaster/api";
import { At, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { ManagedPage } from "../../managed/ManagedPage";
import { GroupForm } from "./GroupForm";
import { groups } from "./resource";

/** Customers who pay by one tariff wherever they charge. */
export function GroupsPage() {
  return (
    <ManagedPage
      resource={groups}
      testid="group"
      columns={groupColumns}
      form={(props) => <GroupForm {...props} />}
      words={{
        title: t`Customer groups`,
        add: t`Add group`,
        addTitle: t`Add a group`,
        editTitle: t`Edit this group`,
        search: t`Search groups…`,
        noMatch: t`No group matches`,
        none: t`No groups yet`,
        noneAbout: t`Customers in a group pay by its tariff wherever they charge. A customer is put into one on their own page.`,
        removeTitle: t`Remove this group?`,
        removeAbout: (name) => t`Nobody is in ${name} any more, or this is refused. Bills stay as they are.`,
      }}
    />
  );
}

function groupColumns(): Column<CustomerGroup>[] {
  return [
    { id: "name", head: t`Group`, value: (one) => one.name, cell: (one) => <strong className="hostile">{one.name}</strong> },
    {
      id: "tariff", head: t`Tariff`, value: (one) => one.tariff ?? t`The one of the place`,
      cell: (one) => (one.tariff === null ? <span className="dim">{t`The one of the place`}</span> : <Link to="/tariffs/$id" params={{ id: one.tariff }} className="hostile">{one.tariff}</Link>),
    },
    { id: "id", head: t`Id`, card: "hidden", value: (one) => one.id, cell: (one) => <span className="mono hostile">{one.id}</span> },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
  ];
}
