import { t } from "@lingui/core/macro";
import { answered, client } from "@stationmaster/api";
import { Badge, notify, type Column } from "@stationmaster/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ManagedPart } from "../../../managed/ManagedPage";
import { refresh } from "../../../managed/resource";
import { RowButton } from "../../../managed/RowButton";
import { vehicles, type Vehicle } from "./resource";
import { VehicleForm } from "./VehicleForm";

/** What a customer drives. */
export function Vehicles({ customer }: { customer: string }) {
  return (
    <ManagedPart
      resource={vehicles}
      testid="vehicle"
      columns={vehicleColumns}
      of={{ customer }}
      buttons={usualButton}
      form={(props) => <VehicleForm customer={customer} {...props} />}
      words={{
        title: t`Vehicles`,
        add: t`Add vehicle`,
        addTitle: t`Add a vehicle`,
        editTitle: t`Edit this vehicle`,
        noMatch: t`No vehicle matches`,
        none: t`No vehicles yet`,
        noneAbout: t`With its plugs and battery, a driver is shown where it can charge.`,
        removeTitle: t`Remove this vehicle?`,
        removeAbout: (name) => t`${name} leaves the list, and can be restored there.`,
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

function usualButton(one: Vehicle) {
  return one.default ? null : <UsualButton vehicle={one} />;
}

function UsualButton({ vehicle: { id: vehicle_id, name } }: { vehicle: Vehicle }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () => answered(client.PATCH("/api/v1/vehicles/{vehicle_id}", { params: { path: { vehicle_id } }, body: { default: true } })),
    onError: notify.failed,
    onSettled: () => refresh(queries, vehicles),
  });
  return <RowButton label={t`Make usual: ${name}`} busy={change.isPending} run={() => { change.mutate(); }}>{t`Make usual`}</RowButton>;
}
