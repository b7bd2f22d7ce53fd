import { t } from "@lingui/core/macro";
import { TextInput, type TextInputProps } from "@mantine/core";
import { optional } from "@stationmaster/ui";
import * as v from "valibot";

/** The id that an operator gives a thing; it stands in addresses, and stays. */
export function OwnIdInput(props: TextInputProps) {
  return <TextInput label={t`Id`} description={t`Your own, where you have one. It cannot be changed later`} placeholder={t`Made for you`} autoComplete="off" {...props} />;
}

export function ownId() {
  return v.pipe(optional(255), v.check((text) => /^(?!\.{1,2}$)[^/?#]*$/.test(text), t`Without / ? and #`));
}
