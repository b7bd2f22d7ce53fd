import { t } from "@lingui/core/macro";
import { Checkbox, TagsInput, TextInput } from "@mantine/core";
import { Form, FormPart, optional } from "@stationmaster/ui";
import * as v from "valibot";
import { orNull, sentDecimal } from "../../../fields";
import type { Resource } from "../../../managed/resource";
import { useManagedForm, type FormProps } from "../../../managed/useManagedForm";
import { OwnIdInput, ownId } from "../../../OwnIdInput";
import type { Vehicle } from "./resource";

// As the API calls the plugs of connectors.
const PLUGS = ["type1", "type2", "ccs1", "ccs2", "chademo", "nacs", "gbt_ac", "gbt_dc"];

function typed(vehicle: Vehicle | null, customer: string) {
  return {
    id: "",
    customer,
    name: vehicle?.given ?? "",
    make: vehicle?.make ?? "",
    model: vehicle?.model ?? "",
    plate: vehicle?.plate ?? "",
    connector_types: vehicle?.connector_types ?? [],
    battery_kwh: vehicle?.battery_kwh?.toString() ?? "",
    vin: vehicle?.vin ?? "",
    emaid: vehicle?.emaid ?? "",
    default: vehicle?.default ?? false,
  };
}

type Typed = ReturnType<typeof typed>;

export type VehicleFacts = ReturnType<typeof facts>;

function facts(values: Typed) {
  return {
    customer: values.customer,
    name: orNull(values.name),
    make: orNull(values.make),
    model: orNull(values.model),
    plate: orNull(values.plate),
    connector_types: values.connector_types.length > 0 ? values.connector_types : null,
    battery_kwh: orNull(sentDecimal(values.battery_kwh)),
    vin: orNull(values.vin),
    emaid: orNull(values.emaid),
    default: values.default,
  };
}

interface Props extends FormProps<Vehicle> {
  resource: Resource<Vehicle, VehicleFacts>;
  /** Whose it is; null: one's own. */
  customer: string | null;
}

export function VehicleForm({ resource, one, onDone, customer }: Props) {
  const form = useManagedForm({
    resource, one, onDone, facts, conflict: "id",
    typed: (vehicle: Vehicle | null) => typed(vehicle, customer ?? ""),
    schema: v.object({
      id: ownId(),
      customer: v.string(),
      name: optional(200),
      make: optional(200),
      model: optional(200),
      plate: optional(20),
      connector_types: v.array(v.string()),
      battery_kwh: v.pipe(optional(20), v.check((text) => /^\s*(\d+([.,]\d+)?)?\s*$/.test(text), t`A number, as in 77.5`)),
      vin: v.pipe(optional(24), v.check((text) => /^\s*(\w{17})?\s*$/.test(text.replaceAll(/[ -]/g, "")), t`17 letters and digits`)),
      emaid: optional(24),
      default: v.boolean(),
    }),
  });
  const adding = one === undefined;
  const { fields } = form;
  return (
    <Form form={form} action={adding ? t`Add vehicle` : t`Save`} testid="vehicle-submit">
      <TextInput label={t`Name`} placeholder={t`What people call it`} data-autofocus {...fields.getInputProps("name")} />
      <TextInput label={t`Make`} autoComplete="off" data-testid="vehicle-make" {...fields.getInputProps("make")} />
      <TextInput label={t`Model`} autoComplete="off" data-testid="vehicle-model" {...fields.getInputProps("model")} />
      <TextInput label={t`Plate`} autoComplete="off" data-testid="vehicle-plate" {...fields.getInputProps("plate")} />
      <FormPart title={t`Charging`}>
        <TagsInput label={t`Plugs`} description={t`As those of connectors`} data={PLUGS} clearable {...fields.getInputProps("connector_types")} />
        <TextInput label={t`Battery`} rightSection="kWh" rightSectionWidth={52} inputMode="decimal" autoComplete="off" data-testid="vehicle-battery" {...fields.getInputProps("battery_kwh")} />
        <TextInput label={t`Vehicle number (VIN)`} autoComplete="off" {...fields.getInputProps("vin")} />
        <TextInput label={t`Contract (eMAID)`} description={t`As in DE-8AA-C12345678`} autoComplete="off" {...fields.getInputProps("emaid")} />
      </FormPart>
      <Checkbox label={customer === null ? t`The one I usually come with` : t`The one they usually come with`} disabled={one?.value.default ?? false} {...fields.getInputProps("default", { type: "checkbox" })} />
      {adding && customer !== null && <OwnIdInput {...fields.getInputProps("id")} />}
    </Form>
  );
}
