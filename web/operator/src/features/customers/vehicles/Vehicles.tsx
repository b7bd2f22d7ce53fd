import { t } from "@lingui/core/macro";
import { answered, ifMatch } from "@stationmaster/api";
import { Badge, notify, type Column } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { ManagedPart } from "../../../managed/ManagedPage";
import { refresh, type Resource } from "../../../managed/resource";
import { RowButton } from "../../../managed/RowButton";
import type { Vehicle } from "./resource";
import { VehicleForm, type VehicleFacts } from "./VehicleForm";

interface Props {
  resource: Resource<Vehicle, VehicleFacts>;
  /** Who drives them; null: whoever reads it. */
  customer: string | null;
}

/** What a customer drives. */
export function Vehicles({ resource, customer }: Props) {
  const buttons = useCallback((one: Vehicle) => (one.default ? null : <UsualButton resource={resource} vehicle={one} />), [resource]);
  return (
    <ManagedPart
      resource={resource}
      testid="vehicle"
      columns={vehicleColumns}
      {...(customer !== null && { of: { customer } })}
      buttons={buttons}
      form={(props) => <VehicleForm resource={resource} customer={customer} {...props} />}
      words={{
        title: t`Vehicles`,
        add: t`Add vehicle`,
        addTitle: t`Add a vehicle`,
        editTitle: t`Edit this vehicle`,
        noMatch: t`No vehicle matches`,
        none: t`No vehicles yet`,
        noneAbout: customer === null ? t`Add yours, so that whoever runs the chargers knows what charges there.` : t`With its plugs and battery, a driver is shown where it can charge.`,
        removeTitle: t`Remove this vehicle?`,
        removeAbout: (name) => (resource.restore ? t`${name} leaves the list, and can be restored there.` : t`${name} leaves the list.`),
      }}
    />
  );
}

function vehicleColumns(): Column<Vehicle>[] {
  return [
    { id: "name", head: t`Vehicle`, value: (one) => one.name },
    {
      id: "default",
      head: t`Usual`,
      value: (one) => one.default,
      card: "side",
      cell: (one) => one.default && <Badge tone="good" plain>{t`Usually`}</Badge>,
    },
    { id: "plate", head: t`Plate`, value: (one) => one.plate },
    { id: "plugs", head: t`Plugs`, value: (one) => one.connector_types?.join(", ") },
    { id: "battery", head: t`Battery`, csvHead: t`Battery (kWh)`, right: true, value: (one) => one.battery_kwh, cell: (one) => one.battery_kwh !== null && <span className="num">{one.battery_kwh} kWh</span> },
    { id: "vin", head: t`VIN`, extra: true, value: (one) => one.vin },
    { id: "emaid", head: t`Contract`, extra: true, value: (one) => one.emaid },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
  ];
}

function UsualButton({ resource, vehicle: { id, name } }: { resource: Props["resource"]; vehicle: Vehicle }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () => answered(resource.change(id, ifMatch("*"), { default: true })),
    onError: notify.failed,
    onSettled: () => refresh(queries, resource),
  });
  return <RowButton label={t`Make usual: ${name}`} busy={change.isPending} run={() => { change.mutate(); }}>{t`Make usual`}</RowButton>;
}
