import type { SelectProps } from "@mantine/core";
import { ThingSelect } from "../../managed/ThingSelect";
import { customers } from "./resource";

interface Props extends Omit<SelectProps, "resource" | "value" | "onChange" | "data"> {
  value?: string | null;
  onChange?: (id: string | null) => void;
}

/** A customer, told apart from others of the name by phone or e-mail. */
export function CustomerSelect(props: Props) {
  return <ThingSelect resource={customers} detail={(one) => one.phone ?? one.email} {...props} />;
}
